"""Pages of the admin that look across the floors."""
