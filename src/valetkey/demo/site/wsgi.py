"""The test site, as a WSGI application."""

from django.core.wsgi import get_wsgi_application

from valetkey.demo.shared.charset import guarded

application = guarded(get_wsgi_application())
