"""A live wiki, through its Action API."""
