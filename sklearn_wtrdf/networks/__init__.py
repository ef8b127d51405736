"""The networks with which the paper compares WT-RDF+: RBFNetRegressor and LSTMRegressor, by the extra `torch`."""
