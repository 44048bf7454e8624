"""The organisations that everything belongs to."""
