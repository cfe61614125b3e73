"""A number on the command line."""

import argparse
import math


def finite(text: str) -> float:
    """For `type=`: neither infinite nor NaN, which JSON cannot say."""
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number")
    return number
