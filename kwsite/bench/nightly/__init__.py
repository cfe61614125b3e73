"""One night: what two families of requests are answered like, before and after."""
