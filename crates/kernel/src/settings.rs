//! Settings of a plane, made from the binary's configuration.

use std::time::Duration;

use secrecy::SecretString;

pub use crate::mail_limits::MailLimits;
use crate::{
    network::{ForwardedHeader, TrustedProxies},
    workflow::Faults,
};

/// How a plane behaves. Every field has a default that is right for one machine.
#[derive(Clone)]
pub struct Settings {
    /// Where people reach the product: the beginning of links in mails.
    pub public_url: String,
    /// Reverse proxies whose reports on the client's address are trusted.
    pub trusted_proxies: TrustedProxies,
    /// The header in which they report it.
    pub forwarded_header: ForwardedHeader,
    /// The token that opens `/metrics` on the API's own listener; `None`: it is closed there.
    pub metrics_token: Option<SecretString>,
    /// Days between the request to delete an account and its removal, in which it can be restored.
    pub deletion_grace_days: u32,
    /// Days for which users of an ended license may act, where the license does not say.
    pub license_grace_days: u32,
    /// Requests per five minutes and address on `/api/auth/*`.
    pub auth_requests_per_five_minutes: u32,
    /// Renewals of tokens and sign-outs per five minutes and network.
    pub session_requests_per_five_minutes: u32,
    /// Requests per minute of one signed-in user, of which a tenth (or 120) may come at once; 0: no limit.
    pub user_requests_per_minute: u32,
    /// How many mails a day people may cause.
    pub mail_limits: MailLimits,
    /// Requests per minute of all users of one account together, of which a tenth (or 120) may come at once; 0: no limit.
    pub account_requests_per_minute: u32,
    /// Requests per minute of one user for costly operations; an account has four times as many. 0: no limit.
    pub costly_requests_per_minute: u32,
    /// Seconds within which a request body must have come; 0: no limit.
    pub body_seconds: u64,
    /// So many runs of workflows work at once; the rest wait.
    pub runs_at_once: usize,
    /// No other process uses the store: what it holds is remembered until this one writes.
    pub alone: bool,
    /// An idle event stream sends a comment this often, and checks that its reader may still read.
    pub stream_heartbeat: Duration,
    /// Faults that are injected into steps of workflows (embedded profile).
    pub faults: Faults,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            public_url: "http://127.0.0.1:8080".into(),
            trusted_proxies: TrustedProxies::default(),
            forwarded_header: ForwardedHeader::default(),
            metrics_token: None,
            deletion_grace_days: 0,
            license_grace_days: 14,
            auth_requests_per_five_minutes: 100,
            session_requests_per_five_minutes: 3_000,
            user_requests_per_minute: 6_000,
            account_requests_per_minute: 30_000,
            costly_requests_per_minute: 120,
            body_seconds: 30,
            mail_limits: MailLimits::default(),
            runs_at_once: 64,
            alone: true,
            stream_heartbeat: Duration::from_secs(15),
            faults: Faults::default(),
        }
    }
}

impl Settings {
    /// Whether people reach the product by https, over a proxy that ends TLS.
    pub fn reached_by_https(&self) -> bool {
        self.public_url.starts_with("https://")
    }
}
