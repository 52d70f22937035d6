"""Training of the learned part of the reader: texts, their grammar, and the fitting."""
