from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("valetkey", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="requesttoken",
            name="requested_access",
            field=models.CharField(
                blank=True,
                choices=[("read", "Read only"), ("write", "Read and write")],
                editable=False,
                max_length=10,
                null=True,
                verbose_name="asks for",
            ),
        ),
    ]
