"""A finished one-shot search in a few lines of text. No torch."""

from __future__ import annotations

from searchers.weight_sharing.history import SearchRecord


def as_text(record: SearchRecord) -> str:
    """A search in a few lines: the pick, what it is worth, whether it collapsed, how the supernet ranks."""
    meta, arrays = record.meta, record.arrays
    lines = [
        f"{meta['searcher']} on {meta['space']}, seed {meta['seed']}: {len(arrays['seconds'])} epochs, "
        f"{meta['seconds']:.0f} s of search",
        f"pick  {meta['pick']}",
        f"      {arrays['val_accuracy'][-1]:.2f} percent by shared weights on validation images",
    ]
    if meta["pick_true"] is not None:
        random = meta["random"]
        lines.append(
            f"      {meta['report']} {meta['pick_true']:.2f} by {meta['truth']['file']}; a random architecture's is "
            f"{random['mean']:.2f} in the mean, the best {random['best']:.2f}"
        )
    if meta["collapsed"]:
        last = "" if meta["collapsed"][-1] < len(arrays["seconds"]) else ", and so is the pick"
        lines.append(f"      collapsed to skips first after epoch {meta['collapsed'][0]}{last}")
    ranking = meta["ranking"]
    if ranking["kendall"] is not None:
        lines.append(
            f"Kendall correlation of shared-weight accuracy with {meta['report']} over {ranking['architectures']} "
            f"random architectures: {ranking['kendall']:.3f}"
        )
    return "\n".join(lines)
