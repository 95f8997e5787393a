"""What enrichd is compared with. A job peer has a `name`, open(data, folder), job(list, out) -> seconds, close()."""
