"""Members of a project, invitations to it, and one's own account and tokens."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, Field
from rest_framework.response import Response

from labeling import access
from labeling.access import Action
from labeling.api.endpoint import Endpoint, actor
from labeling.api.openapi import operation
from labeling.api.paging import Listed, Page, listed
from labeling.api.reading import Body, body, query
from labeling.models import Invitation, Membership, Role, Scope
from labeling.models.preferences import KEY_PATTERN, USUAL_KEYS, Preferences
from labeling.selectors import people as people_reads
from labeling.services import invitations, people, preferences

if TYPE_CHECKING:
    from rest_framework.request import Request

    from labeling.models import User

TAG = "People"
TOKENS = "Tokens"
_ROLE: dict[str, Any] = {"enum": list(Role.values)}
_EMAIL: dict[str, Any] = {"format": "email", "maxLength": 254}


_GOES_ON = "On the label page, a key that is the whole answer also submits it, where the project lets each decide."


class PersonDocument(BaseModel):
    """A person."""

    id: int
    email: str
    name: str
    verified: bool = Field(description="Whether the person has shown that the address is theirs.")


class OwnDocument(PersonDocument):
    """You, and how you like to work."""

    goes_on: bool = Field(description=_GOES_ON)
    keys: dict[str, str] = Field(description="The key of every action of the label page, as you chose it or as usual.")


class OwnChange(Body):
    """How you like to work; what is left out stays."""

    goes_on: bool | None = Field(None, description=_GOES_ON)
    keys: dict[str, str] | None = Field(
        None,
        description="Keys of actions of the label page, by action; an action that is not named gets its usual key. "
        "Digits, `/`, Tab and Esc are not to be had, and no two actions have one key.",
        json_schema_extra={
            "propertyNames": {"enum": list(USUAL_KEYS)},
            "additionalProperties": {"type": "string", "pattern": f"^(?:{KEY_PATTERN})$"},
        },
    )


class MemberDocument(BaseModel):
    """A person's role in a project."""

    id: int = Field(description="Of the membership: use it to change the role or to remove the member.")
    user: PersonDocument
    email: str
    role: Role
    invited: bool = Field(description="True until the person has signed in for the first time.")
    created_at: datetime


class MemberList(Listed):
    """One page of members."""

    results: list[MemberDocument]


class InvitationDocument(BaseModel):
    """An invitation by link."""

    id: int
    email: str
    role: Role
    created_at: datetime
    expires_at: datetime


class InvitationNewDocument(InvitationDocument):
    """A new invitation, with the link that is shown only now."""

    url: str


class InvitationSentDocument(InvitationDocument):
    """An invitation that waits for the person, whether or not they have an account."""

    mailed: bool = Field(description="Whether the link went to the address by mail.")
    url: str | None = Field(description="The link to pass on, shown only now; null where it was mailed.")


class InvitationList(Listed):
    """One page of invitations that can still be accepted."""

    results: list[InvitationDocument]


class MemberNew(Body):
    """Who is invited; of a member, the new role."""

    email: str = Field(json_schema_extra=_EMAIL)
    role: str = Field(json_schema_extra=_ROLE)


class RoleChange(Body):
    """The new role of a member."""

    role: str = Field(json_schema_extra=_ROLE)


class InvitationNew(Body):
    """An invitation; without an address whoever has the link can accept it, once."""

    role: str = Field(json_schema_extra=_ROLE)
    email: str = Field("", json_schema_extra={"anyOf": [_EMAIL, {"const": ""}]})


def person_document(user: User) -> dict[str, Any]:
    """Return a person."""
    return {"id": user.pk, "email": user.email, "name": user.name, "verified": user.verified_at is not None}


def member_document(member: Membership) -> dict[str, Any]:
    """Return a member."""
    return {
        "id": member.pk,
        "user": person_document(member.user),
        "email": member.user.email,
        "role": member.role,
        "invited": member.user.last_login is None and not member.user.has_usable_password(),
        "created_at": member.created_at,
    }


def invitation_document(invitation: Invitation) -> dict[str, Any]:
    """Return an invitation without its secret."""
    return {
        "id": invitation.pk,
        "email": invitation.email,
        "role": invitation.role,
        "created_at": invitation.created_at,
        "expires_at": invitation.expires_at,
    }


def own_document(user: User) -> dict[str, Any]:
    """Return a person with what they alone may know of themselves."""
    chosen = Preferences.load(user.preferences)
    return person_document(user) | {"goes_on": bool(chosen.goes_on), "keys": chosen.all_keys}


class Me(Endpoint):
    """The person who asks."""

    @operation("me_read", "Read who you are", tag=TOKENS, needs=Scope.READ, returns={200: OwnDocument})
    def get(self, request: Request) -> Response:
        """Return the owner of the token or session."""
        return Response(own_document(actor(request)))

    @operation(
        "me_change",
        "Change how you work",
        tag=TOKENS,
        needs=Scope.LABEL,
        body=OwnChange,
        returns={200: OwnDocument},
    )
    def patch(self, request: Request) -> Response:
        """Remember what the person likes."""
        user = actor(request)
        sent = body(request, OwnChange)
        preferences.choose_ways(user=user, goes_on=sent.goes_on, keys=sent.keys)
        return Response(own_document(user))


class Members(Endpoint):
    """The people of a project."""

    @operation("members_list", "List the members", tag=TAG, needs=Scope.READ, query=Page, returns={200: MemberList})
    def get(self, request: Request, slug: str) -> Response:
        """Return the members."""
        project = access.project_for(actor(request), slug, Action.VIEW)
        return listed(
            request,
            people_reads.members_of(project),
            query(request, Page),
            order="pk",
            show=lambda rows: [member_document(member) for member in rows],
        )

    @operation(
        "members_add",
        "Invite somebody by e-mail address, or change the role of a member",
        tag=TAG,
        needs=Scope.MANAGE,
        body=MemberNew,
        example={"email": "ann@example.org", "role": "annotator"},
        returns={202: InvitationSentDocument, 200: MemberDocument},
        description="Nobody becomes a member unasked: an address that is no member's yet gets an invitation, by mail "
        "where the site has a mail server. The answer does not tell who has an account.",
        conflict="The project would be left without a manager.",
    )
    def post(self, request: Request, slug: str) -> Response:
        """Invite an address; change the role of one that is a member."""
        project = access.project_for(actor(request), slug, Action.MANAGE)
        sent = body(request, MemberNew)
        email = people.clean_email(sent.email)
        member = people_reads.member_by_address(project, email)
        if member is not None:
            return Response(member_document(people.change_role(actor=actor(request), member=member, role=sent.role)))
        offer = invitations.invite_person(
            actor=actor(request),
            project=project,
            role=sent.role,
            email=email,
            seen_at=request.build_absolute_uri("/"),
        )
        document = invitation_document(offer.invitation)
        return Response(document | {"mailed": not offer.link, "url": offer.link or None}, status=202)


class OneMember(Endpoint):
    """One member of a project."""

    @operation(
        "members_change",
        "Change a member's role",
        tag=TAG,
        needs=Scope.MANAGE,
        body=RoleChange,
        returns={200: MemberDocument},
        conflict="The project would be left without a manager.",
    )
    def patch(self, request: Request, slug: str, member_id: int) -> Response:
        """Give the member another role."""
        project = access.project_for(actor(request), slug, Action.MANAGE)
        member = people_reads.member(project, member_id)
        member = people.change_role(actor=actor(request), member=member, role=body(request, RoleChange).role)
        return Response(member_document(member))

    @operation(
        "members_remove",
        "Remove a member",
        tag=TAG,
        needs=Scope.MANAGE,
        returns={204: None},
        conflict="The project would be left without a manager.",
    )
    def delete(self, request: Request, slug: str, member_id: int) -> Response:
        """End the membership; what the person answered stays."""
        project = access.project_for(actor(request), slug, Action.MANAGE)
        member = people_reads.member(project, member_id)
        people.remove_member(actor=actor(request), member=member)
        return Response(status=204)


class Invitations(Endpoint):
    """Invitations to a project that can still be accepted."""

    @operation(
        "invitations_list",
        "List the open invitations",
        tag=TAG,
        needs=Scope.READ,
        query=Page,
        returns={200: InvitationList},
    )
    def get(self, request: Request, slug: str) -> Response:
        """Return the invitations nobody has accepted yet."""
        project = access.project_for(actor(request), slug, Action.MANAGE)
        return listed(
            request,
            people_reads.unanswered_invitations(project),
            query(request, Page),
            order="pk",
            show=lambda rows: [invitation_document(invitation) for invitation in rows],
        )

    @operation(
        "invitations_create",
        "Invite by link",
        tag=TAG,
        needs=Scope.MANAGE,
        body=InvitationNew,
        example={"role": "annotator", "email": "ann@example.org"},
        returns={201: InvitationNewDocument},
        description="The link is shown in this answer only, and mailed to nobody: pass it on.",
    )
    def post(self, request: Request, slug: str) -> Response:
        """Make an invitation link."""
        project = access.project_for(actor(request), slug, Action.MANAGE)
        sent = body(request, InvitationNew)
        invitation, secret = people.invite(actor=actor(request), project=project, role=sent.role, email=sent.email)
        url = invitations.link_of(secret, seen_at=request.build_absolute_uri("/"))
        return Response(invitation_document(invitation) | {"url": url}, status=201)


class OneInvitation(Endpoint):
    """One invitation."""

    @operation("invitations_revoke", "Withdraw an invitation", tag=TAG, needs=Scope.MANAGE, returns={204: None})
    def delete(self, request: Request, slug: str, invitation_id: int) -> Response:
        """Make the link stop working."""
        project = access.project_for(actor(request), slug, Action.MANAGE)
        people.revoke_invitation(actor=actor(request), invitation=people_reads.invitation(project, invitation_id))
        return Response(status=204)
