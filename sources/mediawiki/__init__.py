"""A live wiki, through its Action and REST APIs."""
