"""Do the limits of infinite width and infinite depth commute?"""
