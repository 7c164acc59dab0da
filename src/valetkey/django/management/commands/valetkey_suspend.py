"""``manage.py valetkey_suspend KEY``: for the administrator of a site without Django's admin."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from valetkey.django.models import Application
from valetkey.django.store import exactly


class Command(BaseCommand):
    help = "Refuses all requests of an application, from the next one on; with --resume, no longer."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("key", help="the application's consumer key")
        parser.add_argument("--reason", default="", help="what the application's owner is told")
        parser.add_argument("--resume", action="store_true", help="end the suspension")

    def handle(self, *args: Any, key: str, reason: str, resume: bool, **options: Any) -> None:
        application = exactly(Application.objects.all(), key)
        if application is None:
            raise CommandError(f"No application has the consumer key {key!a}: copy it again. Was it reset?")
        if resume:
            application.resume()
            self.stdout.write(f"{application.name} is active again: its keys and tokens work as before.")
            return
        application.suspend(reason)
        self.stdout.write(f"{application.name} is suspended: its requests are refused, until --resume.")
