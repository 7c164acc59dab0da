"""What both sites share: the style sheet, the script, and how files and headers are served."""
