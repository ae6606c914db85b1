"""What the web servers share: access control, and how an address is bound and served."""
