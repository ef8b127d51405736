"""The networks with which the paper compares WT-RDF+, as RBFNetRegressor and LSTMRegressor, by the extra `torch`."""
