//! The binary of every function: the handler that the function is configured with says which one this process is.
//!
//! A process of Lambda is frozen as soon as it asks for the next event. Until then it may work on, also when its caller
//! has the answer: what a request leaves to be done (events, seals of the audit log, copies, mails, runs) is done between
//! the answer and that question. Work that does not end in time, or is lost with the process, is in the table, and the
//! function `cron` does it in its next round, or `stream` at once, if the table's stream calls it.

mod api;
mod clock;
mod cron;
mod drain_after;
mod mail_events;
mod migrate_user;
mod pre_token;
mod refused;
mod step;
mod stream;

use std::{env, process::ExitCode};

use cli::hosted::Hosted;
use lambda_http::Error;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// What a function does for the product.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Handler {
    /// Answers requests of an HTTP API of API Gateway, or of a function's own address.
    Api,
    /// Does one step of a run, for a state machine of Step Functions.
    Step,
    /// Stamps what the directory says into the tokens of a user pool, before they are signed.
    PreToken,
    /// Lets people into a user pool whose password is still in the table.
    MigrateUser,
    /// Notes with users what SES reports of their mail.
    MailEvents,
    /// Does what records of a table's stream ask for.
    Stream,
    /// Does what is due by the clock, and takes up what others left. To be called each minute.
    Cron,
}

impl Handler {
    fn named(name: &str) -> Option<Self> {
        match name {
            "api" => Some(Self::Api),
            "step" => Some(Self::Step),
            "pre_token" => Some(Self::PreToken),
            "migrate_user" => Some(Self::MigrateUser),
            "mail_events" => Some(Self::MailEvents),
            "stream" => Some(Self::Stream),
            "cron" => Some(Self::Cron),
            _ => None,
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "Lambda speaks to its processes through the environment")]
fn main() -> ExitCode {
    let name = env::var("_HANDLER").unwrap_or_default();
    let Some(handler) = Handler::named(&name) else {
        return refused::configuration(&format!(
            "there is no handler {name:?}: a function's handler is api, step, stream, mail_events, pre_token, migrate_user or cron"
        ));
    };
    // The work is waiting for AWS; passwords have threads of their own.
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    match runtime {
        Ok(runtime) => runtime.block_on(run(handler)),
        Err(error) => refused::start(&format!("no threads: {error}")),
    }
}

async fn run(handler: Handler) -> ExitCode {
    let ended = match Hosted::open().await {
        Ok(hosted) => match handler {
            Handler::Api => api::run(hosted).await,
            Handler::Step => step::run(hosted).await.map_err(Stopped::Runtime),
            Handler::PreToken => pre_token::run(hosted).await.map_err(Stopped::Runtime),
            Handler::MigrateUser => migrate_user::run(hosted).await.map_err(Stopped::Runtime),
            Handler::MailEvents => mail_events::run(hosted).await.map_err(Stopped::Runtime),
            Handler::Stream => stream::run(hosted).await.map_err(Stopped::Runtime),
            Handler::Cron => cron::run(hosted).await.map_err(Stopped::Runtime),
        },
        Err(unready) => Err(Stopped::Unready(unready)),
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(Stopped::Unready(unready)) if unready.configuration => refused::configuration(&unready.message),
        Err(Stopped::Unready(unready)) => refused::start(&unready.message),
        Err(Stopped::Runtime(error)) => {
            tracing::error!(%error, "the runtime gives no events any more");
            ExitCode::FAILURE
        }
    }
}

/// Why a function answers no more events.
enum Stopped {
    Unready(cli::hosted::Unready),
    Runtime(Error),
}

impl From<cli::hosted::Unready> for Stopped {
    fn from(unready: cli::hosted::Unready) -> Self {
        Self::Unready(unready)
    }
}
