"""Who a person is, and how they prove it."""
