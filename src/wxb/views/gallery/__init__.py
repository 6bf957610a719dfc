"""The views, one a file: a function of the view's name computes its arrays, another beside it draws them."""
