"""What people read: pages, reports, and one trajectory in the terminal."""
