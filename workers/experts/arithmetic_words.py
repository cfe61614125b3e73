"""Words beside the numbers of a sum, and what they do to it."""

from workers.experts.word_lists import words

# They end what may be the unit of a number.
JOINING = words(
    "and is are was were so then or to than if but which therefore because thus equals gives makes"
    " from with when since while get gets has have"
)
HEDGES = words("about approximately roughly around nearly almost")
LEADING = HEDGES | words("exactly only just a an the total of")  # between = and a number
# Right before a sum they may act on its first number alone, or belong to a longer one.
ACTING = words(
    "than twice thrice half double triple root squared square cubed log ln sin cos tan sqrt by"
    " another extra remaining less more minus over per"
)
SHARES = words(  # the same, with "of"
    "half third thirds fourth fourths quarter quarters fifth fifths sixth eighth tenth percent %"
    " rest most root square cube multiple"
)
# They change the number before them. Units of one letter may as well be unknowns.
MANIFOLD = words(
    "dozen dozens hundred thousand million billion squared cubed half halves k pair pairs mod"
    " modulo remainder r score g l s h m"
)
# Where two of them stand in one sum, it may convert one into the other.
MEASURES = words(
    "second minute hour day week fortnight month year decade century cent penny nickel dime quarter"
    " dollar euro pound ounce ton gram kilogram inch foot feet yard mile meter metre centimeter"
    " kilometer liter litre gallon quart pint cup tablespoon teaspoon km m cm mm kg g mg l ml h hr"
    " hrs s sec secs min mins lb lbs ft oz am pm acre people person"
)
AFTER_OF = words("the his her their its those these all my our")
