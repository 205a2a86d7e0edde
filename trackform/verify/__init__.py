"""What a live conversion log proves of an account file. Pure: knows neither HTTP nor a service."""
