"""Who may be together: rooms, admission, chat."""
