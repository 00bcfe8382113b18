"""What is asked, in the form that the model at hand has learnt. Pure: nothing here loads or runs a model."""
