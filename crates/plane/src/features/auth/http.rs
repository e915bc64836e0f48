//! Signing in and out over HTTP.

use std::sync::Arc;

use async_trait::async_trait;
use axum::http::header;
use schemars::JsonSchema;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    memberships::{MembershipView, membership_views},
    sign_out::{PresentedSessions, sign_out},
};
use crate::{
    directory::user::InactiveUser,
    features::users::invitation::{AcceptError, busy, password_problem},
    guard::{Granted, actions::MeEdit},
    http::guarded::{Credentials, PresentedBearer, Public},
    http::{
        answer::{Accepted, NoContent, Plain, WithHeaders},
        extract::{Client, Json},
        idempotency::{AnswerHead, Ticket},
        optional_json::OptionalJson,
        refresh_cookie::RefreshCookie,
        routes::Routes,
    },
    identity::trail::{self, AuditSubject, AuditTrail, Failure},
    ids::{AccountId, Subject},
    plane::Plane,
    ports::{
        identity::{
            Challenge, ChallengeError, ChallengeResponse, ForgottenPassword, PasswordChange, PasswordReset,
            RefreshError, Requirement, ResetError, ResetProof, SignIn, SignInError, SignedIn, TokenSet,
        },
        table::{TableError, Write},
    },
    problem::{Code, Problem, Result},
    text::{Bounded, Email},
};

pub(super) fn routes() -> Routes {
    Routes::default()
        .post("/api/auth/login", login, "Sign in")
        .refusing(&[401, 403])
        .post("/api/auth/challenge", challenge, "Answer the challenge of a sign-in")
        .refusing(&[401, 403])
        .post(
            "/api/auth/refresh",
            refresh,
            "Exchange a refresh token for new tokens, also of another account of the person",
        )
        .refusing(&[401, 403])
        .post(
            "/api/auth/logout",
            logout,
            "Sign out: end the session of the access token, refresh token and cookie given",
        )
        .refusing(&[401])
        .post("/api/auth/forgot-password", forgot_password, "Ask for a mail to set a new password by")
        .post("/api/auth/reset-password", reset_password, "Set a new password by the code or the link of the mail")
        .post("/api/auth/change-password", change_password, "Change one's password")
        .post("/api/auth/accept-invitation", accept_invitation, "Choose a password by the link of an invitation")
        .refusing(&[403])
        .get("/.well-known/jwks.json", jwks, "The keys that sign tokens")
        .get("/.well-known/openid-configuration", openid_configuration, "The identity provider's description of itself")
}

/// How the refresh token reaches the caller.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "Grant")]
enum TokenDelivery {
    /// In the body.
    Token,
    /// In a cookie that no script can read.
    #[default]
    Cookie,
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(example = json!({
    "email": "ada@acme.example",
    "password": "Violet-6-harbour-comet",
    "grant": "token",
}))]
struct Login {
    #[schemars(length(min = 1, max = 320))]
    email: Bounded<320>,
    password: Password,
    /// Which account to sign in to, where the address belongs to several. Without it the answer lists them.
    #[serde(default, rename = "accountId")]
    account: Option<AccountId>,
    #[serde(default)]
    grant: TokenDelivery,
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(example = json!({
    "challenge": "NEW_PASSWORD_REQUIRED",
    "session": "fhc_MFRGGZDFMZTWQ2LK",
    "newPassword": "Violet-6-harbour-comet",
    "grant": "token",
}))]
struct ChallengeAnswer {
    challenge: Challenge,
    #[schemars(length(min = 1, max = 512))]
    session: Bounded<512>,
    new_password: NewPassword,
    /// Required where the challenge says `"requires": ["newEmail"]`: the address to sign in with from now on.
    #[serde(default)]
    new_email: Option<Email>,
    #[serde(default)]
    grant: TokenDelivery,
}

#[derive(Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[schemars(example = json!({
    "refreshToken": "fhr_MFRGGZDFMZTWQ2LK",
}))]
struct Refresh {
    /// Left out: the one in the cookie.
    refresh_token: Option<Bounded<512>>,
    /// Another account of the same person to sign in to: the session of the refresh token ends, and one in that account begins.
    #[serde(rename = "accountId")]
    account: Option<AccountId>,
}

#[derive(Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[schemars(example = json!({
    "refreshToken": "fhr_MFRGGZDFMZTWQ2LK",
}))]
struct Logout {
    /// Beside the access token and the cookie of the request, if there are any.
    refresh_token: Option<Bounded<512>>,
}

fn secret(token: Option<Bounded<512>>) -> Option<SecretString> {
    token.map(|token| SecretString::from(token.into_string()))
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(example = json!({
    "email": "ada@acme.example",
}))]
struct Forgot {
    email: Bounded<320>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(example = json!({
    "email": "ada@acme.example",
    "code": "493817",
    "newPassword": "Marble-3-otter-compass",
}))]
struct Reset {
    /// With the code.
    #[serde(default)]
    email: Option<Bounded<320>>,
    /// The six digits of the mail, together with the address; or else the token.
    #[serde(default)]
    code: Option<Bounded<16>>,
    /// The token after `#token=` in the mailed link.
    #[serde(default)]
    token: Option<Bounded<512>>,
    new_password: NewPassword,
}

impl Reset {
    fn proof(
        email: Option<Bounded<320>>,
        code: Option<Bounded<16>>,
        token: Option<Bounded<512>>,
    ) -> Result<ResetProof> {
        match (email, code, token) {
            (None, None, Some(token)) => Ok(ResetProof::Link { token: token.into_string().into() }),
            (_, _, Some(_)) => Err(Problem::field("/token", "the link needs neither an address nor a code beside it")),
            (Some(email), Some(code), None) => {
                Ok(ResetProof::Code { email: email.into_string(), code: code.into_string().into() })
            }
            (None, _, None) => Err(Problem::field("/email", "this is required, unless the token of a link is given")),
            (Some(_), None, None) => {
                Err(Problem::field("/code", "this is required, unless the token of a link is given"))
            }
        }
    }
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(example = json!({
    "oldPassword": "Violet-6-harbour-comet",
    "newPassword": "Marble-3-otter-compass",
}))]
struct Change {
    old_password: Password,
    new_password: NewPassword,
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(example = json!({
    "token": "fhi_MFRGGZDFMZTWQ2LK",
    "newPassword": "Violet-6-harbour-comet",
}))]
struct Acceptance {
    token: Bounded<512>,
    new_password: NewPassword,
}

/// A password on its way in. It does not print.
#[derive(Clone, Debug)]
pub struct Password(pub(in crate::features) SecretString);

impl<'de> Deserialize<'de> for Password {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Bounded::<1024>::deserialize(deserializer).map(|text| Self(text.into_string().into()))
    }
}

impl JsonSchema for Password {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Password".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "format": "password", "minLength": 1, "maxLength": 1024 })
    }
}

/// A password to be set. What else is asked of it is judged with the person and a list of common ones at hand.
#[derive(Clone)]
struct NewPassword(SecretString);

impl<'de> Deserialize<'de> for NewPassword {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Password::deserialize(deserializer).map(|password| Self(password.0))
    }
}

impl JsonSchema for NewPassword {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "NewPassword".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "format": "password", "minLength": 12, "maxLength": 256 })
    }
}

/// The answer to a sign-in: tokens, a challenge, or the accounts to choose from.
#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
enum SignInAnswer {
    Tokens(Tokens),
    AccountChoice(AccountChoice),
    Challenge(SignInChallenge),
}

/// The person belongs to several accounts. Sign in again with the `accountId` of one of them.
#[derive(Serialize, JsonSchema)]
struct AccountChoice {
    challenge: SelectAccount,
    accounts: Vec<MembershipView>,
}

#[derive(Serialize, JsonSchema)]
struct SignInChallenge {
    challenge: Challenge,
    /// Names the challenge in the answer to it; good once, for five minutes.
    session: String,
    /// What the answer must carry beside the new password.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default)]
    requires: Vec<Requirement>,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Tokens {
    access_token: String,
    id_token: String,
    /// There if the caller asked for it by `"grant": "token"`.
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<String>,
    token_type: TokenType,
    /// Seconds until the access token expires.
    expires_in: i64,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum SelectAccount {
    SelectAccount,
}

#[derive(Serialize, JsonSchema)]
enum TokenType {
    Bearer,
}

async fn login(
    _: Credentials,
    plane: Plane,
    client: Client,
    Json(login): Json<Login>,
) -> Result<WithHeaders<Plain<SignInAnswer>>> {
    let Login { email, password, account, grant } = login;
    let attempt = SignIn {
        email: email.into_string(),
        account,
        password: password.0,
        ip: client.ip,
        user_agent: client.user_agent,
    };
    match trail::along(plane.trail("auth_login", &client.origin), plane.identity().sign_in(attempt)).await {
        Ok(SignedIn::Tokens(tokens)) => {
            confirmed(&plane, &tokens).await;
            Ok(tokens_answer(&plane, tokens, grant))
        }
        Ok(SignedIn::ChooseAccount(accounts)) => {
            let accounts = membership_views(&plane, &accounts, None).await?;
            let choice = AccountChoice { challenge: SelectAccount::SelectAccount, accounts };
            let answer = Plain(SignInAnswer::AccountChoice(choice));
            Ok(WithHeaders { answer, headers: Vec::new() })
        }
        Ok(SignedIn::Challenge { challenge, session, requires }) => {
            let session = session.expose_secret().to_owned();
            let answer = Plain(SignInAnswer::Challenge(SignInChallenge { challenge, session, requires }));
            Ok(WithHeaders { answer, headers: Vec::new() })
        }
        Err(SignInError::InvalidCredentials) => Err(invalid_credentials()),
        Err(SignInError::InactiveUser(barred)) => Err(barred_problem(barred)),
        Err(SignInError::Busy) => Err(busy()),
        Err(SignInError::Store(error)) => Err(error.into()),
        Err(SignInError::Away(away)) => Err(Problem::identities_away(&away)),
    }
}

async fn challenge(
    _: Credentials,
    plane: Plane,
    client: Client,
    Json(answer): Json<ChallengeAnswer>,
) -> Result<WithHeaders<Plain<SignInAnswer>>> {
    let ChallengeAnswer { challenge, session, new_password, new_email, grant } = answer;
    match challenge {
        Challenge::NewPasswordRequired => {}
    }
    let session = SecretString::from(session.into_string());
    plane.give_first_address(&session, new_email.as_ref(), &new_password.0).await?;
    let response =
        ChallengeResponse { session, new_password: new_password.0, ip: client.ip, user_agent: client.user_agent };
    match trail::along(plane.trail("auth_challenge", &client.origin), plane.identity().respond(response)).await {
        Ok(tokens) => {
            confirmed(&plane, &tokens).await;
            Ok(tokens_answer(&plane, tokens, grant))
        }
        Err(ChallengeError::Over) => {
            Err(Problem::new(Code::InvalidCredentials, "the challenge is over, or was answered").help("sign in again"))
        }
        Err(ChallengeError::InactiveUser(barred)) => Err(barred_problem(barred)),
        Err(ChallengeError::NewEmailRequired) => Err(Problem::field("/newEmail", "this is required")),
        Err(ChallengeError::Weak(weak)) => Err(Problem::field("/newPassword", weak.to_string())),
        Err(ChallengeError::Busy) => Err(busy()),
        Err(ChallengeError::Store(error)) => Err(error.into()),
        Err(ChallengeError::Away(away)) => Err(Problem::identities_away(&away)),
    }
}

async fn refresh(
    _: Credentials,
    plane: Plane,
    client: Client,
    OptionalJson(refresh): OptionalJson<Refresh>,
) -> Result<WithHeaders<Plain<SignInAnswer>>> {
    let grant = if refresh.refresh_token.is_some() { TokenDelivery::Token } else { TokenDelivery::Cookie };
    let account = refresh.account;
    let token = match secret(refresh.refresh_token) {
        Some(token) => Some(token),
        None => client.refresh_cookies.one()?,
    };
    let refused = || {
        Problem::new(Code::Unauthenticated, "there is no refresh token, or it is not valid any more")
            .help("sign in again")
    };
    let token = token.ok_or_else(refused)?;
    let renewed = match account {
        None => trail::along(plane.refresh_trail(&client.origin), plane.identity().refresh(token)).await,
        Some(account) => {
            let trail = plane.trail("auth_switch_account", &client.origin);
            trail::along(trail, plane.identity().switch_account(token, account)).await
        }
    };
    match renewed {
        Ok(tokens) => Ok(tokens_answer(&plane, tokens, grant)),
        Err(RefreshError::Refused) => Err(refused()),
        Err(error @ RefreshError::NoSuchAccount) => Err(Problem::field("/accountId", error.to_string())),
        Err(error @ RefreshError::PasswordRequired) => Err(Problem::field("/accountId", error.to_string())
            .help("sign in with your password and this accountId: POST /api/auth/login")),
        Err(RefreshError::InactiveUser(barred)) if account.is_some() => Err(barred_problem(barred)),
        // As the guard answers it: clients sign in again, and get the reason there.
        Err(RefreshError::InactiveUser(barred)) => Err(Problem::barred(Code::Unauthenticated, barred)),
        Err(RefreshError::Store(error)) => Err(error.into()),
        Err(RefreshError::Away(away)) => Err(Problem::identities_away(&away)),
    }
}

/// Ends every session that the request presents, by whichever credential.
async fn logout(
    _: Credentials,
    plane: Plane,
    client: Client,
    PresentedBearer(access_token): PresentedBearer,
    OptionalJson(logout): OptionalJson<Logout>,
) -> Result<WithHeaders<NoContent>> {
    let refresh_tokens = secret(logout.refresh_token).into_iter().chain(client.refresh_cookies.all()).collect();
    let signed_out = sign_out(&plane, PresentedSessions { access_token, refresh_tokens });
    trail::along(plane.trail("auth_logout", &client.origin), signed_out).await?;
    let cleared = RefreshCookie::of(&plane.settings().public_url).clear();
    Ok(WithHeaders { answer: NoContent, headers: cleared.into_iter().map(|one| (header::SET_COOKIE, one)).collect() })
}

async fn forgot_password(
    _: Credentials,
    plane: Plane,
    client: Client,
    Json(forgot): Json<Forgot>,
) -> Result<Accepted<Sent>> {
    let forgotten = ForgottenPassword { email: forgot.email.into_string(), ip: client.ip };
    trail::along(plane.open_trail("auth_forgot_password", &client.origin), plane.forgot_password(forgotten)).await?;
    Ok(Accepted(Sent { detail: "if somebody has this address, a mail is on its way to it" }))
}

/// What is said whether or not a mail was sent.
#[derive(Serialize, JsonSchema)]
struct Sent {
    detail: &'static str,
}

async fn reset_password(_: Credentials, plane: Plane, client: Client, Json(reset): Json<Reset>) -> Result<NoContent> {
    let Reset { email, code, token, new_password } = reset;
    let proof = Reset::proof(email, code, token)?;
    let pointer = match proof {
        ResetProof::Code { .. } => "/code",
        ResetProof::Link { .. } => "/token",
    };
    let reset = PasswordReset { proof, new_password: new_password.0, ip: client.ip };
    let trail = plane.trail("auth_reset_password", &client.origin);
    match trail::along(trail, plane.identity().reset_password(reset)).await {
        Ok(()) => Ok(NoContent),
        Err(ResetError::InvalidCode) => {
            Err(Problem::field(pointer, "the code or link is not right, was used, or is too old")
                .help("open the link of the mail, or ask for another"))
        }
        Err(ResetError::Weak(weak)) => Err(Problem::field("/newPassword", weak.to_string())),
        Err(ResetError::Busy) => Err(busy()),
        Err(ResetError::Store(error)) => Err(error.into()),
        Err(ResetError::Away(away)) => Err(Problem::identities_away(&away)),
    }
}

async fn change_password(
    who: Granted<MeEdit>,
    plane: Plane,
    client: Client,
    Json(change): Json<Change>,
) -> Result<NoContent> {
    let change = PasswordChange {
        subject: who.actor().user.subject(),
        keep: who.session(),
        old: change.old_password.0,
        new: change.new_password.0,
        ip: client.ip,
    };
    let trail = plane.own_trail("auth_change_password", &client.origin);
    let trail = Arc::new(AnswerTrail { trail, ticket: who.ticket().cloned() });
    let changed = trail::along(trail, plane.identity().change_password(change)).await;
    changed.map_err(|error| password_problem(error, "/newPassword"))?;
    if let Some(ticket) = who.ticket() {
        ticket.set_kept();
    }
    Ok(NoContent)
}

/// A trail that also keeps the answer for the request's idempotency key.
struct AnswerTrail {
    trail: Arc<dyn AuditTrail>,
    ticket: Option<Ticket>,
}

#[async_trait]
impl AuditTrail for AnswerTrail {
    async fn bars(&self, subject: Subject) -> Result<Option<InactiveUser>, TableError> {
        self.trail.bars(subject).await
    }

    async fn writes(&self, whom: AuditSubject) -> Result<Vec<Write>, TableError> {
        let mut writes = self.trail.writes(whom).await?;
        let answer = self.ticket.as_ref().map(|ticket| ticket.answer(AnswerHead::plain(204), &()));
        writes.extend(answer);
        Ok(writes)
    }

    fn failed(&self, whom: Option<AuditSubject>, why: Failure) {
        self.trail.failed(whom, why);
    }
}

async fn accept_invitation(
    _: Credentials,
    plane: Plane,
    client: Client,
    Json(acceptance): Json<Acceptance>,
) -> Result<NoContent> {
    let token = acceptance.token.into_string().into();
    let trail = plane.trail("auth_accept_invitation", &client.origin);
    let accepted = plane.accept_invitation(&token, acceptance.new_password.0, client.ip, &client.origin);
    let accepted = trail::along(Arc::clone(&trail), accepted).await;
    match accepted {
        Ok(()) => Ok(NoContent),
        Err(AcceptError::InactiveUser(whom, barred)) => {
            trail.failed(Some(whom), Failure::InactiveUser(barred));
            Err(barred_problem(barred))
        }
        Err(AcceptError::Void) => {
            trail.failed(None, Failure::InvalidCredentials);
            Err(Problem::field("/token", "the link is not valid, was used, or is older than 24 hours")
                .help("ask an administrator of your account to send the invitation again"))
        }
        Err(AcceptError::Problem(problem)) => Err(problem),
    }
}

async fn jwks(_: Public, plane: Plane) -> Result<Plain<serde_json::Value>> {
    Ok(Plain(plane.identity().jwks()))
}

async fn openid_configuration(_: Public, plane: Plane) -> Result<Plain<serde_json::Value>> {
    Ok(Plain(plane.identity().openid_configuration(&plane.settings().public_url)))
}

/// The user's record says that they have a password of their own. They are signed in even if it can't be written now:
/// the next sign-in writes it.
async fn confirmed(plane: &Plane, tokens: &TokenSet) {
    if let Err(problem) = plane.confirm_identity(tokens.subject).await {
        tracing::warn!(%problem, subject = %tokens.subject, "a confirmed identity was not written down");
    }
}

fn tokens_answer(plane: &Plane, tokens: TokenSet, grant: TokenDelivery) -> WithHeaders<Plain<SignInAnswer>> {
    let now = plane.now();
    let refresh = tokens.refresh_token.expose_secret();
    let (refresh_token, headers) = match grant {
        TokenDelivery::Token => (Some(refresh.to_owned()), Vec::new()),
        TokenDelivery::Cookie => {
            let life = tokens.refresh_expires_at.duration_since(now).as_secs();
            (None, vec![(header::SET_COOKIE, RefreshCookie::of(&plane.settings().public_url).set(refresh, life))])
        }
    };
    let answer = Plain(SignInAnswer::Tokens(Tokens {
        access_token: tokens.access_token.expose_secret().to_owned(),
        id_token: tokens.id_token.expose_secret().to_owned(),
        refresh_token,
        token_type: TokenType::Bearer,
        expires_in: tokens.expires_at.duration_since(now).as_secs(),
    }));
    WithHeaders { answer, headers }
}

/// The refusal of somebody who has proved who they are, and may not act.
fn barred_problem(barred: InactiveUser) -> Problem {
    Problem::barred(Code::Forbidden, barred)
}

fn invalid_credentials() -> Problem {
    // The same words whatever the reason. The way out is also that of an owner on a new network, beyond the cap.
    Problem::new(Code::InvalidCredentials, "the e-mail address or the password is not right")
        .help("if you are sure of both, set a new password by mail: 'forgot password' in the console, POST /api/auth/forgot-password in the API")
}
