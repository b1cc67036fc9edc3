"""What Lambda runs, a package per function: this folder is the root that the functions import from."""
