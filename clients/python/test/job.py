"""The main job through the published package: from the first sign-in of the administrator to a user of an active account.
scripts/clients.py runs it against the built package, beside a server."""

import sys
import time
from datetime import date, timedelta

from freehold_client import AuthenticatedClient, Client
from freehold_client.api.accounts import accounts_create, accounts_read
from freehold_client.api.auth import auth_challenge, auth_login
from freehold_client.api.enterprises import enterprises_create
from freehold_client.api.products import products_create
from freehold_client.api.services import services_create
from freehold_client.api.users import users_create, users_list, users_read, users_update
from freehold_client.models import (
    AccountStatus, Address, ChallengeAnswer, CloudType, Code, Login, NewAccount, NewAccountLicense, NewEnterprise, NewProduct,
    NewService, NewTechnicalUser, NewUser, Problem, SignInChallenge, Tokens, UserUpdate,
)

MOST_WAITING = 60
TOMORROW = date.today() + timedelta(days=1)


def main(url, email, first_password, password):
    api = AuthenticatedClient(base_url=url, token=first_sign_in(url, email, first_password, password))
    service = done(services_create.sync(client=api, body=NewService(name="Ledger"))).id
    product = done(products_create.sync(client=api, body=NewProduct(name="Payments", service_ids=[service]))).id
    enterprise = done(enterprises_create.sync(client=api, body=NewEnterprise(name="Retail", product_ids=[product]))).id
    licensed = {"enterprise_id": enterprise, "product_id": product, "service_id": service}
    account = onboard(api, licensed)
    add_user(api, account, licensed)
    refusals(url, api, account, licensed)
    print("python: ok")


def first_sign_in(url, email, first_password, password):
    client = Client(base_url=url)
    first = auth_login.sync(client=client, body=Login(email=email, password=first_password))
    assert isinstance(first, SignInChallenge), first
    answer = ChallengeAnswer(challenge=first.challenge, session=first.session, new_password=password)
    tokens = auth_challenge.sync(client=client, body=answer)
    assert isinstance(tokens, Tokens), tokens
    return tokens.access_token


def onboard(api, licensed):
    request = NewAccount(
        name="Acme", master_account_name="Acme Holding", cloud_type=CloudType.PUBLIC,
        address=Address(line1="1 Main St", city="Springfield", state="IL", postal_code="62701", country="US"),
        technical_user=NewTechnicalUser(first_name="Ada", last_name="Byron", email="ada@acme.example", start_date=date(2026, 1, 1)),
        licenses=[NewAccountLicense(**licensed, start_date=date(2026, 1, 1), end_date=date(2099, 12, 31), number_of_users=2)],
    )
    # The same key: one account, however often the request is repeated.
    made, again = (done(accounts_create.sync(client=api, body=request, idempotency_key="onboard-acme")) for _ in range(2))
    assert made.id == again.id
    deadline = time.monotonic() + MOST_WAITING
    while (account := done(accounts_read.sync(made.id, client=api))).status is not AccountStatus.ACTIVE:
        assert account.status is not AccountStatus.FAILED and time.monotonic() < deadline, account.status
        time.sleep(0.05)
    return account.id


def user(account, licensed, first_name, last_name, email):
    names = {"first_name": first_name, "last_name": last_name, "email": email}
    return NewUser(account_id=account, **licensed, **names, start_date=TOMORROW)


def add_user(api, account, licensed):
    grace = done(users_create.sync(client=api, body=user(account, licensed, "Grace", "Hopper", "grace@acme.example")))
    page = done(users_list.sync(client=api, account_id=account, limit=200))
    assert sorted(one.email for one in page.items) == ["ada@acme.example", "grace@acme.example"]

    etag = users_read.sync_detailed(grace.id, client=api, account_id=account).headers["etag"]
    change = UserUpdate(account_id=account, last_name="Murray")
    assert done(users_update.sync(grace.id, client=api, body=change, if_match=etag)).last_name == "Murray"
    assert problem(users_update.sync(grace.id, client=api, body=change, if_match=etag)).code is Code.PRECONDITION_FAILED


def refusals(url, api, account, licensed):
    # The license has two seats.
    full = users_create.sync_detailed(client=api, body=user(account, licensed, "Jean", "Bartik", "jean@acme.example"))
    assert (full.status_code, problem(full.parsed).code) == (403, Code.LICENSE_LIMIT_EXCEEDED)
    wrong = problem(users_create.sync(client=api, body=user(account, licensed, "Jean", "Bartik", "nobody")))
    assert (wrong.code, wrong.errors[0].pointer) == (Code.INVALID_REQUEST, "/email")
    anonymous = users_list.sync(client=AuthenticatedClient(base_url=url, token="none"))
    assert problem(anonymous).code is Code.UNAUTHENTICATED


def done(answer):
    assert answer is not None and not isinstance(answer, Problem), answer
    return answer


def problem(answer):
    assert isinstance(answer, Problem), answer
    return answer


if __name__ == "__main__":
    main(*sys.argv[1:])
