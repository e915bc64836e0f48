//! `freehold preflight`: checks the AWS resources that the product needs, and says what to do about problems.

use clap::{Args, ValueEnum};

use crate::{
    config::{Config, ProfileKind},
    fail::{Failure, Outcome},
};

#[derive(Debug, Args)]
pub(crate) struct Preflight {
    /// The profile to check [default: the one configured]
    #[arg(long, value_name = "PROFILE")]
    pub(crate) profile: Option<String>,
    /// First create what is missing: the table, the event bus, the queues; ask SES to verify the sender
    #[arg(long)]
    fix: bool,
    /// With --fix: also create a Cognito user pool, and print the settings that name it
    #[arg(long, requires = "fix")]
    user_pool: bool,
    /// Print the IAM policy that a process needs, and check nothing
    #[arg(long, value_name = "PROCESS", num_args = 0..=1, default_missing_value = "serve", conflicts_with = "fix")]
    policy: Option<PolicyOf>,
    /// Any setting; `freehold config --defaults` explains them
    #[arg(long = "set", value_name = "SETTING=VALUE", value_parser = crate::args::pair)]
    pub(crate) settings: Vec<(String, String)>,
}

/// Whose policy.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum PolicyOf {
    /// The server, or all functions if they share a role
    Serve,
    /// The function api
    Api,
    /// The function step
    Step,
    /// The functions stream and cron
    Background,
    /// The function mail_events
    MailEvents,
    /// The functions pre_token and migrate_user
    Triggers,
    Preflight,
    /// `preflight --fix`, beside what preflight needs
    Fix,
}

/// Checks everything; fails if anything is bad.
pub(crate) fn run(preflight: &Preflight, config: &Config, json: bool) -> Outcome {
    match config.profile {
        ProfileKind::Embedded => Err(Failure::usage("the embedded profile stands on this machine alone")
            .hint("freehold doctor checks it; freehold preflight --profile aws checks AWS")),
        #[cfg(feature = "aws")]
        ProfileKind::Aws => in_aws::run(preflight, config, json),
        #[cfg(not(feature = "aws"))]
        ProfileKind::Aws => {
            let Preflight { fix, user_pool, policy, .. } = preflight;
            unreachable!("the configuration was checked, json: {json}, fix: {fix}{user_pool}{policy:?}")
        }
    }
}

#[cfg(feature = "aws")]
mod in_aws {
    use std::sync::Arc;

    use aws::{
        permissions::Process,
        preflight::{self, Repair, State as Found},
    };
    use local::random::OsRandom;

    use super::{PolicyOf, Preflight};
    use crate::{
        commands::{
            check::{self, Check, State},
            doctor,
        },
        compose,
        config::Config,
        fail::{Failure, Outcome},
        print,
    };

    pub(super) fn run(command: &Preflight, config: &Config, json: bool) -> Outcome {
        crate::offline(async {
            let rng = Arc::new(OsRandom::default());
            if let Some(of) = command.policy {
                return policy(of, config, rng).await;
            }
            let mend = match (command.fix, command.user_pool) {
                (false, _) => Repair::Nothing,
                (true, false) => Repair::Missing,
                (true, true) => Repair::MissingAndPool,
            };
            let found =
                Box::pin(preflight::run(compose::aws::profile(config), rng, mend, plane::features::plans())).await;
            let mut checks: Vec<Check> = found.into_iter().map(shown).collect();
            checks.push(doctor::administrator(config));
            check::told(&checks, json)
        })
    }

    async fn policy(of: PolicyOf, config: &Config, rng: Arc<OsRandom>) -> Outcome {
        let process = match of {
            PolicyOf::Serve => Process::Serve,
            PolicyOf::Api => Process::Api,
            PolicyOf::Step => Process::Step,
            PolicyOf::Background => Process::Background,
            PolicyOf::MailEvents => Process::MailEvents,
            PolicyOf::Triggers => Process::Triggers,
            PolicyOf::Preflight => Process::Preflight,
            PolicyOf::Fix => Process::Fix,
        };
        let connected = compose::aws::profile(config).connect(rng).await;
        let connected = connected.map_err(|error| Failure::usage(error).hint(error.fix()))?;
        let policy = connected
            .policy(process)
            .await
            .map_err(|fault| Failure::new(format!("STS does not tell the account: {fault}")).hint(fault.fix()))?;
        print::out(serde_json::to_string_pretty(&policy).expect("a policy is JSON"));
        Ok(())
    }

    fn shown(check: preflight::Check) -> Check {
        let preflight::Check { name, state, finding, fix } = check;
        let state = match state {
            Found::Ok => State::Ok,
            Found::Warning => State::Warning,
            Found::Bad => State::Bad,
        };
        Check { name, state, finding, fix }
    }
}
