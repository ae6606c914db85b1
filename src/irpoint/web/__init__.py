"""What the web servers share: access control, how an address is served, styles and scripts."""
