"""Search over what a source holds, offline: words (tantivy), and pictures by what they show (usearch).

words       how a text becomes words, in any language
documents   what is put in and given back
writing     a folder brought to hold exactly what a source says, by what has changed
reading     the best documents for a query, in an order that repeats
folder      published whole, gone on with after a kill, told when damaged
pictures    ``search_image`` over captions, and over features where an image-text model is given
embedding   pictures as vectors, by an image-text model
vectors     features on disk: stored exactly, found through a graph
"""
