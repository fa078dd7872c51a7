"""Pictures in and out: reading files, drawing states and masks, encoding frames, keeping recipes."""
