"""Users of a merchant and of the provider: who may be made what by whom. Two rules hold everywhere: nobody changes his own role
or switches himself off, and the last active administrator of a merchant (or of the provider) stays.

The user table is not under the session guard (log-in needs it), so every function takes the scope of the person who acts.
"""
import sqlalchemy as sa
from flask import current_app
from werkzeug.security import check_password_hash, generate_password_hash

from app.extensions import appbuilder, db
from app.failures import Failure
from app.models import AuditEntry, Member, Tenant
from app.security import MERCHANT_ROLES, PROVIDER_ROLES
from app.tenancy import NOBODY, SYSTEM, current_actor

ADMINS = {"MerchantAdmin", "ProviderAdmin"}


def visible(scope):
    """Conditions on Member for what a scope may see: provider staff everybody, a merchant his own people, nobody no one."""
    if scope == SYSTEM:
        return (sa.or_(Member.tenant_id.is_not(None), Member.provider),)
    return (Member.tenant_id == scope, Member.provider.is_(False)) if scope != NOBODY else (sa.false(),)


def roles_for(scope, tenant_id):
    """Names of the roles that may be given to a user of `tenant_id` (None = provider staff) by somebody of this scope."""
    if tenant_id is None:
        return PROVIDER_ROLES if scope == SYSTEM else []
    return MERCHANT_ROLES if scope in (SYSTEM, tenant_id) else []


def role_of(member):
    return next((r.name for r in member.roles), "")


def add(scope, tenant_id, *, username, role, password, **fields):
    """A new user of a merchant (None = provider staff). Raises user.role_refused, user.name_taken, user.mail_taken, tenant.name_one."""
    _check_role(scope, tenant_id, role)
    if tenant_id is not None and db.session.get(Tenant, tenant_id) is None:
        raise Failure("tenant.name_one")
    _check_free(username, fields["email"])
    member = Member(username=username, password=hashed(password), tenant_id=tenant_id, provider=tenant_id is None, **fields)
    member.roles = [appbuilder.sm.find_role(role)]
    db.session.add(member)
    db.session.flush()
    _note_role(member, "", role)
    return member


def change(scope, member, me_id, *, role, active, **fields):
    """Change a user; `me_id` is the one who acts. Raises user.role_refused, user.yourself, user.last_admin, user.mail_taken."""
    was = role_of(member)
    _check_role(scope, member.tenant_id, role)
    _check_free(None, fields["email"], besides=member.id)
    if member.id == me_id and (role != was or not active):
        raise Failure("user.yourself")
    if was in ADMINS and (role != was or not active):
        keep_an_admin(member)
    for name, value in fields.items():
        setattr(member, name, value)
    member.active = active
    if role != was:
        member.roles = [appbuilder.sm.find_role(role)]
        _note_role(member, was, role)


def change_self(member, **fields):
    """What everybody may change about himself: names, mail, language, zone. Raises user.mail_taken."""
    _check_free(None, fields["email"], besides=member.id)
    for name, value in fields.items():
        setattr(member, name, value)


def switch(member, me_id, active):
    """Let a user in or lock him out. Raises user.yourself, user.last_admin."""
    if not active:
        if member.id == me_id:
            raise Failure("user.yourself")
        if role_of(member) in ADMINS:
            keep_an_admin(member)
    member.active = active


def keep_an_admin(member):
    """Raise user.last_admin when no other active administrator is left beside `member`. Locks them, so that two cannot leave at once."""
    same = Member.tenant_id == member.tenant_id if member.tenant_id is not None else sa.and_(Member.tenant_id.is_(None), Member.provider)
    admins = db.session.scalars(sa.select(Member).where(same, Member.active, Member.roles.any(name=role_of(member)))
                                .order_by(Member.id).with_for_update()).all()
    if not any(m.id != member.id for m in admins):
        raise Failure("user.last_admin")


def set_password(member, password):
    """A password that has passed the complexity rule already."""
    member.password, member.fail_login_count = hashed(password), 0


def knows_password(member, password):
    return bool(member.password) and check_password_hash(member.password, password)


def hashed(password):
    config = current_app.config
    return generate_password_hash(password, method=config.get("FAB_PASSWORD_HASH_METHOD", "scrypt"),
                                  salt_length=config.get("FAB_PASSWORD_HASH_SALT_LENGTH", 16))


def _check_role(scope, tenant_id, role):
    if role not in roles_for(scope, tenant_id):
        raise Failure("user.role_refused")


def _check_free(username, email, besides=None):
    """Log-in names and mails are unique over the whole installation, without regard to case."""
    others = sa.select(Member.id).where(Member.id != besides) if besides else sa.select(Member.id)
    if username and db.session.scalar(others.where(sa.func.lower(Member.username) == username.lower())):
        raise Failure("user.name_taken", username=username)
    if db.session.scalar(others.where(sa.func.lower(Member.email) == email.lower())):
        raise Failure("user.mail_taken", email=email)


def _note_role(member, was, now):
    """Roles are a relation, which the audit trail of columns does not see."""
    db.session.add(AuditEntry(tenant_id=member.tenant_id, by=current_actor(), table="ab_user", row_id=member.id,
                              action="update", before={"role": was}, after={"role": now}))
