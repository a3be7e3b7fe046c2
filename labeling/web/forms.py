"""Forms: what was typed, checked for its shape; the rules are in the services."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm, SetPasswordForm
from django.utils import timezone

from labeling.models import GoesOn, Role, Scope
from labeling.models.webhooks import MAX_URL
from labeling.selectors import webhooks as webhook_reads

if TYPE_CHECKING:
    from collections.abc import Mapping

    from labeling.errors import DomainError
    from labeling.models import Project, User


def add_problems(form: forms.Form, error: DomainError) -> None:
    """Show a service's refusal in the form: at the fields it names, else above them."""
    placed = False
    for problem in error.problems:
        if problem.path in form.fields:
            form.add_error(problem.path, problem.message)
            placed = True
    if not placed:
        form.add_error(None, error.message)


class SignInForm(AuthenticationForm):
    """E-mail address and password."""

    error_messages = {
        "invalid_login": "E-mail address and password do not fit together. Check both; capitals matter in passwords.",
        "inactive": "This account is switched off. Ask the person who runs this site.",
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].widget = forms.EmailInput(attrs={"autocomplete": "username", "autofocus": True})
        self.fields["username"].label = "E-mail address"

    def clean(self) -> dict[str, Any]:
        """Mark the password where the two do not fit: it is what is typed again."""
        try:
            return super().clean()
        except forms.ValidationError:
            self.fields["password"].widget.attrs["aria-invalid"] = "true"
            raise


class CodeForm(forms.Form):
    """A code of the authenticator app, or a recovery code."""

    code = forms.CharField(
        label="Code",
        max_length=20,
        widget=forms.TextInput({"autocomplete": "one-time-code", "inputmode": "numeric", "spellcheck": "false"}),
    )

    def clean_code(self) -> str:
        """Return the code without the spaces and dashes that make it easy to read."""
        return re.sub(r"[\s-]", "", self.cleaned_data["code"])


class SecondFactorForm(CodeForm):
    """The first code of the app, and the password of those who have one."""

    password = forms.CharField(
        label="Current password", strip=False, widget=forms.PasswordInput({"autocomplete": "current-password"})
    )
    field_order = ("password", "code")

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._user = user
        if not user.has_usable_password():
            del self.fields["password"]
        self.fields["code"].label = "Code that the app shows"

    def clean_password(self) -> str:
        """Refuse another password."""
        password: str = self.cleaned_data["password"]
        if not self._user.check_password(password):
            message = "This is not your password."
            raise forms.ValidationError(message)
        return password


class ForgottenPasswordForm(forms.Form):
    """To whom a link is sent; also to invited people, who have no password yet."""

    email = forms.EmailField(
        label="E-mail address", max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "email"})
    )


CHOOSING = "At least 10 characters; a few unrelated words are easy to remember."


class NewPasswordForm(SetPasswordForm):  # type: ignore[type-arg]
    """A new password, twice."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _explain_new_password(self)


class OwnPasswordForm(PasswordChangeForm):
    """The password one has, and a new one, twice."""

    end_tokens = forms.BooleanField(
        label="End my API tokens too", required=False, help_text="If somebody else may know the old password."
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["old_password"].label = "Current password"
        # The form is one of several on its page: none takes the focus.
        self.fields["old_password"].widget.attrs.pop("autofocus", None)
        _explain_new_password(self)


def _explain_new_password(form: forms.Form) -> None:
    form.fields["new_password1"].help_text = CHOOSING
    form.fields["new_password2"].label = "New password again"
    form.fields["new_password2"].help_text = ""


class JoinForm(forms.Form):
    """What a new person tells about themselves."""

    email = forms.EmailField(label="E-mail address", widget=forms.EmailInput(attrs={"autocomplete": "username"}))
    name = forms.CharField(
        label="Name", max_length=150, help_text="As others see it.", widget=forms.TextInput({"autocomplete": "name"})
    )
    password = forms.CharField(
        label="Password",
        strip=False,
        help_text=CHOOSING,
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
    )


class NameForm(forms.Form):
    """The name that others see."""

    name = forms.CharField(label="Name", max_length=150, required=False, help_text="Empty: your e-mail address.")


SCOPES = (
    (Scope.READ, "Read and export"),
    (Scope.LABEL, "Also answer and decide"),
    (Scope.MANAGE, "All that its owner may do"),
)
DAYS = ((30, "In 30 days"), (90, "In 90 days"), (365, "In a year"), (0, "When it is revoked"))


class TokenForm(forms.Form):
    """What an API token is for, what it is good for, and when it ends."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        # The page has another field of this name.
        super().__init__(*args, **{"auto_id": "token_%s"} | kwargs)

    name = forms.CharField(label="What it is for", max_length=100)
    scope = forms.ChoiceField(label="What it may do", choices=SCOPES, initial=Scope.READ)
    days = forms.TypedChoiceField(label="It ends", choices=DAYS, coerce=int, initial=90)

    def choices(self) -> dict[str, Any]:
        """Return what was chosen, by the names of the service's parameters."""
        days = self.cleaned_data["days"]
        return {
            "name": self.cleaned_data["name"],
            "scope": self.cleaned_data["scope"],
            "expires_at": timezone.now() + timedelta(days=days) if days else None,
        }


class ServiceAccountForm(forms.Form):
    """What a program's account is called, and its role."""

    name = forms.CharField(
        label="Name", max_length=100, help_text="As the activity shows it, such as “nightly export”."
    )
    role = forms.ChoiceField(label="Role", choices=Role.choices, initial=Role.REVIEWER)


class WebhookForm(forms.Form):
    """Where a webhook leads, and what it is told of."""

    url = forms.CharField(
        label="Address",
        max_length=MAX_URL,
        widget=forms.URLInput(attrs={"autocomplete": "off"}),
        help_text="Where events are sent by POST. It begins with https:// or http://.",
    )
    types = forms.MultipleChoiceField(
        label="Events",
        choices=[(name, f"{kind.words} ({name})") for name, kind in webhook_reads.TYPES.items()],
        widget=forms.CheckboxSelectMultiple,
    )


class InviteForm(forms.Form):
    """Whom to invite, as what."""

    email = forms.EmailField(
        label="E-mail address", required=False, help_text="Empty: a link that works once, for whoever you give it to."
    )
    role = forms.ChoiceField(label="Role", choices=Role.choices, initial=Role.ANNOTATOR)


class ProjectForm(forms.Form):
    """What a project is called, how many people answer each task, and for how long a task is theirs."""

    name = forms.CharField(label="Name", max_length=120)
    description = forms.CharField(
        label="Description",
        required=False,
        max_length=5000,
        help_text="Shown to members on the project's page.",
        widget=forms.Textarea({"rows": 3}),
    )
    overlap = forms.IntegerField(
        label="People per task",
        min_value=1,
        max_value=50,
        help_text="How many different people answer each task; with two or more you can measure agreement. "
        "Raising it opens waiting tasks to more people; lowering it never throws an answer away.",
    )
    max_overlap = forms.IntegerField(
        label="Ask up to this many people when they disagree",
        required=False,
        min_value=1,
        max_value=50,
        help_text="They are asked one at a time. With the same number as above, or none, nobody more is asked.",
    )
    agreement_floor = forms.FloatField(
        label="Least agreement",
        min_value=0,
        max_value=1,
        help_text="From 0 (any) to 1 (all the same). Where people agree less, one more is asked or a flag is raised.",
        widget=forms.NumberInput({"step": "0.05"}),
    )
    lease_minutes = forms.IntegerField(
        label="Minutes to answer",
        min_value=1,
        max_value=1440,
        help_text="For so long a task is kept for whoever has it open. It is renewed while they work on it.",
    )

    decide_first = forms.BooleanField(
        label="Hide what is suggested until the reviewer has decided",
        required=False,
        help_text="Review cards then show the item and the given label, but not what the model says or who answered "
        "what. Once decided, they are shown, and the reviewer can still change their mind; the first choice is kept.",
    )

    goes_on = forms.ChoiceField(
        label="A key answers and goes on",
        choices=GoesOn.choices,
        required=False,
        help_text="Where one question is asked and one key or click is its whole answer, it is submitted and the next "
        "item comes; Z takes it back. With several questions, or several labels per item, nothing changes.",
    )

    gold_share = forms.IntegerField(
        label="Gold tasks, in percent",
        min_value=0,
        max_value=20,
        required=False,
        help_text="So many of the tasks that a person is given have an answer that is known (make tasks gold on the "
        "page of tasks), and nobody can tell which; so are the first five of a newcomer. 0: none.",
    )

    @classmethod
    def for_project(cls, project: Project, data: Mapping[str, Any] | None = None) -> ProjectForm:
        """Return the form with what holds now."""
        same = (
            "name", "description", "overlap", "max_overlap", "agreement_floor", "decide_first", "goes_on", "gold_share",
        )  # fmt: skip
        initial = {name: getattr(project, name) for name in same}
        return cls(data, initial=initial | {"lease_minutes": max(1, round(project.lease_seconds / 60))})

    def clean(self) -> dict[str, Any]:
        """Check what two fields say together."""
        data = self.cleaned_data
        few, most = data.get("overlap"), data.get("max_overlap")
        if few and most and most < few and "max_overlap" in self.changed_data:
            self.add_error("max_overlap", f"At least as many as answer each task: {few}.")
        return data

    def changes(self) -> dict[str, Any]:
        """Return what was changed, by the names of the project's settings."""
        changed = {name: self.cleaned_data[name] for name in self.changed_data}
        for name in ("goes_on", "gold_share"):
            if changed.get(name, 0) in ("", None):
                del changed[name]  # a form that does not ask about it leaves it
        if "max_overlap" in changed and changed["max_overlap"] is None:
            changed["max_overlap"] = self.cleaned_data["overlap"]
        if "lease_minutes" in changed:
            changed["lease_seconds"] = changed.pop("lease_minutes") * 60
        return changed


class GuidelineForm(forms.Form):
    """The guideline's draft; the parts about labels are read beside it, since their number is the schema's."""

    body = forms.CharField(
        label="Guideline",
        required=False,
        widget=forms.Textarea({"class": "dc-textarea-tall", "data-markdown": "preview", "data-grow": ""}),
    )
    version = forms.IntegerField(widget=forms.HiddenInput)


class PublishForm(forms.Form):
    """What changed since the last version."""

    change_note = forms.CharField(
        label="What changed",
        max_length=1000,
        help_text="Annotators read this. Say what they must do differently now.",
        widget=forms.Textarea({"rows": 3}),
    )
