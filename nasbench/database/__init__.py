"""The table as one HDF5 file: schema, reader, writer with a journal, digest. The only folder that imports h5py."""
