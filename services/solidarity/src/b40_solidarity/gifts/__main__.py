"""Run the app: ``python -m b40_solidarity.gifts``."""

from b40_chassis.process import main

from b40_solidarity.gifts.app import application

if __name__ == "__main__":
    main(application)
