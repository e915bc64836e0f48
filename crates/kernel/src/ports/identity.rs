//! Who people are: their identities, passwords, sessions and tokens. What they may do is not decided here.
//!
//! INVARIANT: from outside, nothing here tells an e-mail address that is known from one that is not.

use std::net::IpAddr;

use async_trait::async_trait;
use jiff::Timestamp;
use schemars::JsonSchema;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    external_error::ExternalError,
    table::{TableError, Write},
};
pub use crate::text::Email;
use crate::{
    directory::user::InactiveUser,
    ids::{AccountId, EnterpriseId, SessionId, Subject, UserId},
};

/// The identity provider.
#[async_trait]
pub trait Identity: Send + Sync {
    /// Makes an identity that nobody can sign in to until it is given a password. Asking again for the same is fine.
    async fn ensure_user(&self, new: NewIdentity) -> Result<(), IdentityError>;

    /// Removes an identity with its sessions and releases its e-mail address. One that is absent counts as
    /// removed.
    async fn remove_user(&self, subject: Subject) -> Result<(), IdentityError>;

    /// Lets an identity sign in, or not. Disabling ends its sessions; enabling does not bring them back.
    async fn set_enabled(&self, subject: Subject, enabled: bool) -> Result<(), IdentityError>;

    /// Ends all sessions of an identity; of one that is absent there are none.
    async fn sign_out_everywhere(&self, subject: Subject) -> Result<(), IdentityError>;

    /// Gives an identity a password and ends its sessions.
    async fn set_password(
        &self,
        subject: Subject,
        password: SecretString,
        permanence: Permanence,
    ) -> Result<(), PasswordError>;

    /// Takes an identity into use by its owner, who has proved the mailbox: the first password with this address is a new one,
    /// in further accounts it is the one that the owner has.
    async fn accept(&self, accepted: Acceptance) -> Result<(), PasswordError>;

    /// Replaces a password by its owner, and ends the owner's other sessions.
    async fn change_password(&self, change: PasswordChange) -> Result<(), PasswordError>;

    /// Judges the password of somebody who is signed in, before a change that asks for it. Answers the epoch that the change
    /// can be confirmed in.
    async fn check_password(&self, check: PasswordCheck) -> Result<CredentialEpoch, PasswordError>;

    /// The identity that an open challenge is for; `None` for a challenge that is over.
    async fn challenged(&self, session: &SecretString) -> Result<Option<Challenged>, IdentityError>;

    /// Whether some identity has an address.
    async fn has_address(&self, email: &Email) -> Result<bool, IdentityError>;

    /// What to write to give an identity another address. The caller commits it together with its own records of the
    /// address, and calls [`Identity::email_changed`] after.
    async fn plan_email_change(
        &self,
        subject: Subject,
        new: &Email,
        sessions: OnEmailChange,
    ) -> Result<EmailChangePlan, IdentityError>;

    /// Finishes a committed change of an address. It may be repeated; where it fails, the next sign-in repeats it.
    async fn email_changed(&self, subject: Subject) -> Result<(), IdentityError>;

    async fn sign_in(&self, attempt: SignIn) -> Result<SignedIn, SignInError>;

    /// Answers a challenge, once.
    async fn respond(&self, response: ChallengeResponse) -> Result<TokenSet, ChallengeError>;

    /// Gives new tokens for a refresh token, which is spent by that. A spent one that comes back ends its session,
    /// except for a moment in which racing calls get the same successor.
    async fn refresh(&self, token: SecretString) -> Result<TokenSet, RefreshError>;

    /// Gives tokens of another account that the owner of a refresh token belongs to. The session of the token ends; the new
    /// one lasts no longer than that would have.
    async fn switch_account(&self, token: SecretString, account: AccountId) -> Result<TokenSet, RefreshError>;

    /// The accounts in which the owner of an identity has accepted one with the same address.
    async fn accounts(&self, subject: Subject) -> Result<Vec<AccountId>, IdentityError>;

    /// Ends the session of a refresh token; a token that is not known has none.
    async fn sign_out(&self, token: SecretString) -> Result<(), IdentityError>;

    /// The sessions of an identity that are alive, the latest used first.
    async fn sessions(&self, subject: Subject) -> Result<Vec<Session>, IdentityError>;

    /// Whether a session of an identity is alive.
    async fn is_alive(&self, subject: Subject, session: SessionId) -> Result<bool, IdentityError>;

    /// Ends one session of an identity; succeeds for an absent session.
    async fn end_session(&self, subject: Subject, session: SessionId) -> Result<(), IdentityError>;

    /// Makes a code and a link with which the owner of an e-mail address can set a new password. `None` where there is
    /// nothing to mail; the caller answers the same in both cases. What the owner was mailed before stays good.
    async fn forgot_password(&self, forgotten: ForgottenPassword) -> Result<Option<ResetMail>, ResetError>;

    /// The identities of an address whose owner was invited and has chosen no password, in this account or another.
    async fn invited(&self, email: &str) -> Result<Vec<Subject>, IdentityError>;

    /// Sets a new password by a code or a link, once, and ends all sessions.
    async fn reset_password(&self, reset: PasswordReset) -> Result<(), ResetError>;

    /// Whether there is such an identity and it may sign in; the errors are those of `probe_token`.
    async fn check_user(&self, subject: Subject) -> Result<(), IdentityError>;

    /// An access token that lives for a minute, to act as an identity would. It needs no password.
    async fn probe_token(&self, subject: Subject) -> Result<SecretString, IdentityError>;

    /// Judges an access token.
    async fn verify(&self, access_token: &str) -> Result<Verified, TokenRefused>;

    /// The public keys, as a JSON Web Key Set.
    fn jwks(&self) -> Value;

    /// The OpenID provider's description of itself, for a server that is reached at `base_url`.
    fn openid_configuration(&self, base_url: &str) -> Value;

    /// Signs with a new key from now on, and answers its name. Tokens signed before stay valid until they expire.
    async fn rotate_keys(&self) -> Result<String, IdentityError>;
}

/// An identity as it is asked for. The caller derives the subject, so that a repeated step makes one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewIdentity {
    pub subject: Subject,
    pub email: Email,
    pub user: UserId,
    pub account: AccountId,
}

/// Whether a password stays, or opens nothing but the challenge to choose another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permanence {
    Temporary,
    Permanent,
}

/// The answer of somebody who was invited.
#[derive(Clone, Debug)]
pub struct Acceptance {
    pub subject: Subject,
    pub password: SecretString,
    pub ip: IpAddr,
}

/// A password replaced by its owner, from the session that is kept.
#[derive(Clone, Debug)]
pub struct PasswordChange {
    pub subject: Subject,
    pub keep: SessionId,
    pub old: SecretString,
    pub new: SecretString,
    pub ip: IpAddr,
}

/// The password of somebody who is signed in.
#[derive(Clone, Debug)]
pub struct PasswordCheck {
    pub subject: Subject,
    pub password: SecretString,
    pub ip: IpAddr,
}

/// Who an open challenge is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Challenged {
    pub subject: Subject,
    pub email: Email,
}

/// What happens to the sessions, reset codes and challenges of an identity that gets another address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnEmailChange {
    /// They stay.
    KeepAll,
    /// They end, except for this session.
    EndOthers { keep: SessionId },
}

/// The time between two changes of what proves an identity: its password, whether it is enabled. Codes and sessions of an
/// earlier epoch are void.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CredentialEpoch(pub(crate) i64);

/// The writes that give an identity another address, all in the shared table.
#[derive(Clone, Debug)]
pub struct EmailChangePlan {
    pub old: Email,
    /// The identity's epoch before the change.
    pub epoch: CredentialEpoch,
    /// Refused where another identity holds the new address.
    pub claim: Write,
    /// Refused where the identity was changed since it was read: plan again.
    pub others: Vec<Write>,
}

/// An attempt to sign in.
#[derive(Clone, Debug)]
pub struct SignIn {
    pub email: String,
    /// Asked for where the address belongs to several accounts.
    pub account: Option<AccountId>,
    pub password: SecretString,
    pub ip: IpAddr,
    pub user_agent: String,
}

#[derive(Clone, Debug)]
pub enum SignedIn {
    Tokens(TokenSet),
    /// The password is right, and the person belongs to several accounts: sign in again with one of them.
    ChooseAccount(Vec<AccountId>),
    /// More is asked before there are tokens.
    Challenge {
        challenge: Challenge,
        /// Names the challenge in the response; good once, for minutes.
        session: SecretString,
        /// What the response must carry beside the new password.
        requires: Vec<Requirement>,
    },
}

/// Something that the response to a challenge must carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Requirement {
    /// A real address, in place of the default administrator's.
    NewEmail,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Challenge {
    NewPasswordRequired,
}

/// The answer to `NEW_PASSWORD_REQUIRED`.
#[derive(Clone, Debug)]
pub struct ChallengeResponse {
    pub session: SecretString,
    pub new_password: SecretString,
    pub ip: IpAddr,
    pub user_agent: String,
}

#[derive(Clone, Debug)]
pub struct TokenSet {
    pub subject: Subject,
    pub session: SessionId,
    pub access_token: SecretString,
    pub id_token: SecretString,
    pub refresh_token: SecretString,
    /// When the access token expires.
    pub expires_at: Timestamp,
    /// When the refresh token expires if it is not used.
    pub refresh_expires_at: Timestamp,
}

/// A session as its owner sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Session {
    pub id: SessionId,
    pub created: Timestamp,
    pub last_used: Timestamp,
    pub ip: IpAddr,
    pub user_agent: String,
}

/// A password that somebody says they forgot.
#[derive(Clone, Debug)]
pub struct ForgottenPassword {
    pub email: String,
    pub ip: IpAddr,
}

/// What the caller mails to `email` and shows to nobody.
#[derive(Clone, Debug)]
pub struct ResetMail {
    pub subject: Subject,
    pub account: AccountId,
    pub email: Email,
    /// Six digits, good for 15 minutes; `None` where the codes of the day are used up.
    pub code: Option<SecretString>,
    /// The token of a link, good for an hour.
    pub link: SecretString,
}

/// What proves that somebody reads the mails to an address.
#[derive(Clone, Debug)]
pub enum ResetProof {
    Code { email: String, code: SecretString },
    Link { token: SecretString },
}

#[derive(Clone, Debug)]
pub struct PasswordReset {
    pub proof: ResetProof,
    pub new_password: SecretString,
    pub ip: IpAddr,
}

/// What a good access token proves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verified {
    pub subject: Subject,
    pub session: SessionId,
    pub expires_at: Timestamp,
}

/// What tokens say of a person, for clients to show. It gives no rights.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    pub email: Email,
    pub account: AccountId,
    pub enterprise: Option<EnterpriseId>,
    pub role: Option<String>,
    pub groups: Vec<String>,
}

/// Where an identity provider asks for the claims that tokens show.
#[async_trait]
pub trait Profiles: Send + Sync {
    /// `None` where nothing is known; tokens then show what the identity itself holds.
    async fn profile(&self, subject: Subject) -> Option<Profile>;
}

#[derive(Clone, Debug, thiserror::Error)]
pub enum IdentityError {
    #[error("there is no such identity")]
    Unknown,
    #[error("the identity is disabled")]
    Disabled,
    #[error("the e-mail address belongs to another identity of the account")]
    EmailTaken,
    #[error("the e-mail address belongs to as many accounts as it may")]
    TooManyAccounts,
    #[error("the identity is there with another e-mail address, user or account")]
    Different,
    #[error("the signing keys can't be stored: {0}")]
    Keys(String),
    /// The issuer of the tokens rotates its keys itself.
    #[error("the signing keys are the user pool's, which rotates them by itself")]
    NotOurKeys,
    /// What keeps passwords and signs tokens, where another does, did not do as asked.
    #[error(transparent)]
    Away(#[from] ExternalError),
    #[error(transparent)]
    Store(#[from] TableError),
}

/// Why a password is not good enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WeakPassword {
    #[error("a password has at least 12 characters")]
    TooShort,
    #[error("a password has at most 256 characters")]
    TooLong,
    #[error("a password has no control characters, and no characters that Unicode has not assigned")]
    Disallowed,
    #[error("a password has a lower-case letter, an upper-case letter, a digit and a symbol")]
    TooPlain,
    #[error("this password is one of those that are tried first")]
    Common,
    #[error("a password does not hold your e-mail address or this product's name")]
    Personal,
    #[error("the new password is the old one")]
    Unchanged,
    /// A user pool knows these alone.
    #[error("a password has a Latin lower-case and upper-case letter, a digit and a symbol of the keyboard")]
    Latin,
    #[error("the user pool's own policy refuses this password")]
    PoolPolicy,
}

#[derive(Clone, Debug, thiserror::Error)]
pub enum PasswordError {
    #[error(transparent)]
    Weak(#[from] WeakPassword),
    /// The old password is not right, or the identity is locked, disabled or absent.
    #[error("the e-mail address or the password is not right")]
    InvalidCredentials,
    #[error("there is no such identity")]
    Unknown,
    /// The owner has a password with this address in another account, and gave another one.
    #[error("this is not the password that you have with this e-mail address")]
    NotTheExisting,
    /// Too many sign-ins at once; nothing was judged.
    #[error("too many sign-ins at this moment")]
    Busy,
    #[error(transparent)]
    Store(#[from] TableError),
    /// What keeps passwords and signs tokens, where another does, did not do as asked.
    #[error(transparent)]
    Away(#[from] ExternalError),
}

#[derive(Clone, Debug, thiserror::Error)]
pub enum SignInError {
    /// Unknown, wrong, without a password, disabled or locked: which of these is not told.
    #[error("the e-mail address or the password is not right")]
    InvalidCredentials,
    /// The password is right, and the person may not act.
    #[error(transparent)]
    InactiveUser(InactiveUser),
    /// Too many sign-ins at once; nothing was judged.
    #[error("too many sign-ins at this moment")]
    Busy,
    #[error(transparent)]
    Store(#[from] TableError),
    /// What keeps passwords and signs tokens, where another does, did not do as asked.
    #[error(transparent)]
    Away(#[from] ExternalError),
}

#[derive(Clone, Debug, thiserror::Error)]
pub enum ChallengeError {
    /// Unknown, used or expired. The person signs in again.
    #[error("the challenge is over")]
    Over,
    /// The person may not act. The challenge stays open.
    #[error(transparent)]
    InactiveUser(InactiveUser),
    /// The identity still has the default administrator's address. The challenge stays open.
    #[error("a real e-mail address is needed first")]
    NewEmailRequired,
    /// The challenge stays open.
    #[error(transparent)]
    Weak(#[from] WeakPassword),
    #[error("too many sign-ins at this moment")]
    Busy,
    #[error(transparent)]
    Store(#[from] TableError),
    /// What keeps passwords and signs tokens, where another does, did not do as asked.
    #[error(transparent)]
    Away(#[from] ExternalError),
}

#[derive(Clone, Debug, thiserror::Error)]
pub enum RefreshError {
    /// Unknown, spent, expired, or its session ended.
    #[error("the refresh token is not valid")]
    Refused,
    /// The person does not belong to the account that was asked for. The token stays good.
    #[error("you have no user in this account")]
    NoSuchAccount,
    /// The user pool has sessions too, and opens none without the password. The token stays valid.
    #[error("the other account asks for the password")]
    PasswordRequired,
    /// The person may not act. The token stays good.
    #[error(transparent)]
    InactiveUser(InactiveUser),
    #[error(transparent)]
    Store(#[from] TableError),
    /// What keeps passwords and signs tokens, where another does, did not do as asked.
    #[error(transparent)]
    Away(#[from] ExternalError),
}

#[derive(Clone, Debug, thiserror::Error)]
pub enum ResetError {
    /// Wrong, used, expired, tried too often, or for an address that nobody has.
    #[error("the code or link is not right")]
    InvalidCode,
    /// The code stays good.
    #[error(transparent)]
    Weak(#[from] WeakPassword),
    #[error("too many sign-ins at this moment")]
    Busy,
    #[error(transparent)]
    Store(#[from] TableError),
    /// What keeps passwords and signs tokens, where another does, did not do as asked.
    #[error(transparent)]
    Away(#[from] ExternalError),
}

/// Why a token is not accepted: for the log. The caller of the API learns no more than 401.
#[derive(Clone, Debug, thiserror::Error)]
pub enum TokenRefused {
    #[error("the token is longer than any of ours")]
    TooLong,
    #[error("the token is not three parts of base64url")]
    Malformed,
    #[error("the header is not one of ours")]
    Header,
    #[error("the key is not one of ours")]
    UnknownKey,
    #[error("the signature is not right")]
    Signature,
    #[error("the claims are not ours")]
    Claims,
    #[error("the token is not an access token")]
    NotAnAccessToken,
    #[error("the token is of another issuer")]
    Issuer,
    #[error("the token is for another client")]
    Client,
    #[error("the token is not valid yet")]
    TooEarly,
    #[error("the token has expired")]
    Expired,
    #[error("the session has ended")]
    Ended,
    /// Not a judgement: the store did not answer.
    #[error(transparent)]
    Store(#[from] TableError),
    /// Nor is this: the keys are not known.
    /// What keeps passwords and signs tokens, where another does, did not do as asked.
    #[error(transparent)]
    Away(#[from] ExternalError),
}
