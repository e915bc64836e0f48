//! What must hold in AWS before the product runs there, asked of AWS itself; and making what is missing.

mod dedicated;

use std::sync::Arc;

use aws_sdk_eventbridge as eventbridge;
use aws_sdk_sesv2 as ses;
use plane::ports::{
    chance::{self, Chance},
    cloud::CloudError,
    params::Params as _,
    trouble::Trouble,
};
use serde::Serialize;

use crate::{
    dynamodb::{Standing, Switches},
    fault::Fault,
    patience::{self, Patience},
    profile::{ConnectError, Connected, Profile},
};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    Ok,
    Warning,
    Bad,
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    pub name: &'static str,
    pub state: State,
    pub finding: String,
    /// What to do where it is not as it must be.
    pub fix: Option<String>,
}

impl Check {
    fn ok(name: &'static str, finding: impl Into<String>) -> Self {
        Self { name, state: State::Ok, finding: finding.into(), fix: None }
    }

    fn warning(name: &'static str, finding: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { name, state: State::Warning, finding: finding.into(), fix: Some(fix.into()) }
    }

    fn bad(name: &'static str, finding: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { name, state: State::Bad, finding: finding.into(), fix: Some(fix.into()) }
    }

    /// `permit`: what to do where access is denied.
    fn trouble(name: &'static str, trouble: &Trouble, permit: &str) -> Self {
        let fix = match trouble.named {
            Some(named) if named.code != Fault::Denied.code() => named.fix,
            Some(_) | None => permit,
        };
        Self::bad(name, trouble.to_string(), fix)
    }

    fn fault(name: &'static str, of: impl std::fmt::Display, fault: Fault) -> Self {
        Self::bad(name, format!("{of}: {fault}"), fault.fix())
    }
}

const MAKE: &str = "freehold preflight --fix makes it";

/// Looks at everything; with `mend`, first makes what is missing and can be made.
pub async fn run(profile: Profile, chance: Arc<dyn Chance>, mend: bool) -> Vec<Check> {
    let connected = match profile.connect(Arc::clone(&chance)).await {
        Ok(connected) => connected,
        Err(error @ ConnectError::NoRegion) => return vec![Check::bad("region", error.to_string(), error.fix())],
        Err(error @ ConnectError::Credentials(_)) => {
            return vec![Check::bad("credentials", error.to_string(), error.fix())];
        }
    };
    let mut checks = vec![Check::ok("region", connected.region()), caller(&connected).await];
    if checks.iter().any(|check| check.state == State::Bad) {
        // Everything else would fail for the same reason.
        return checks;
    }
    let preflight = Preflight { patience: Patience::new(Arc::clone(&chance), patience::MOST), connected, chance };
    if mend {
        checks.extend(Box::pin(preflight.mend()).await);
    }
    let (table, stacks, parameters, mail, bus, secrets, dedicated) = tokio::join!(
        preflight.table(),
        preflight.stacks(),
        preflight.parameters(),
        preflight.mail(),
        preflight.bus(),
        preflight.secrets(),
        dedicated::checks(&preflight.connected)
    );
    checks.extend(table);
    checks.push(stacks);
    checks.push(parameters);
    checks.extend(mail);
    checks.push(bus);
    checks.extend(secrets);
    checks.extend(dedicated);
    checks
}

async fn caller(connected: &Connected) -> Check {
    const CHECK: &str = "credentials";
    match connected.caller().await {
        Ok(caller) => Check::ok(CHECK, format!("{} in account {}", caller.arn, caller.account)),
        // Whoever has credentials at all may ask this.
        Err(Fault::Denied | Fault::UnknownCredentials) => {
            let finding = format!("STS in {} refuses the credentials", connected.region());
            Check::bad(CHECK, finding, Fault::UnknownCredentials.fix())
        }
        Err(fault) => Check::fault(CHECK, format!("STS in {}", connected.region()), fault),
    }
}

struct Preflight {
    connected: Connected,
    patience: Patience,
    chance: Arc<dyn Chance>,
}

impl Preflight {
    async fn table(&self) -> Vec<Check> {
        const TABLE: &str = "table";
        let tables = self.connected.tables();
        let (name, standing) = tables.standing().await;
        let region = self.connected.region();
        match standing {
            Err(fault) => vec![Check::fault(TABLE, format!("{name} in {region}"), fault)],
            Ok(Standing::Missing) => vec![Check::bad(
                TABLE,
                format!("there is no table {name} in {region}"),
                format!("{MAKE}; or check aws_region and aws_table_prefix"),
            )],
            Ok(Standing::Coming) => vec![Check::bad(TABLE, format!("{name} is still being made"), "wait a minute")],
            Ok(Standing::Foreign) => vec![Check::bad(
                TABLE,
                format!("{name} has other keys or indexes than PK, SK and GSI1 to GSI3, or can't be used now"),
                "name another: set aws_table_prefix",
            )],
            Ok(Standing::There { protected }) => {
                let Switches { backed_up, expires } = tables.switches().await;
                vec![
                    Check::ok(TABLE, format!("{name} in {region}, with its three indexes")),
                    self.protected("deletion protection", &name, Ok(protected)),
                    self.protected("point-in-time recovery", &name, backed_up),
                    switch("time to live", &name, expires),
                ]
            }
        }
    }

    /// What protects the data is asked for unless the configuration says that nothing is to be protected.
    fn protected(&self, check: &'static str, table: &str, on: Result<bool, Fault>) -> Check {
        if self.connected.profile().protect {
            switch(check, table, on)
        } else {
            let why = "set aws_protect_tables = true where data is to be kept";
            match on {
                Ok(true) => Check::ok(check, format!("on for {table}")),
                Ok(false) | Err(_) => Check::warning(check, "not asked for", why),
            }
        }
    }

    async fn stacks(&self) -> Check {
        const CHECK: &str = "stacks";
        let Some(stacks) = self.connected.stacks() else {
            let fix = "set aws_stacks = true to have them made by CloudFormation";
            return Check::warning(CHECK, "none: DynamoDB makes the tables of private accounts itself", fix);
        };
        match stacks.probe().await {
            Ok(()) => Check::ok(CHECK, "CloudFormation answers"),
            Err(CloudError::Unavailable(trouble) | CloudError::Refused(trouble)) => {
                Check::trouble(CHECK, &trouble, "permit cloudformation:DescribeStacks, CreateStack and DeleteStack")
            }
        }
    }

    /// Writes, reads and removes a parameter of its own.
    async fn parameters(&self) -> Check {
        const CHECK: &str = "parameters";
        let params = self.connected.params();
        let name = format!("/preflight/{}", hex::encode(&chance::secret(&*self.chance)[..8]));
        let tried = async {
            params.put(&name, "written").await?;
            let read = params.get(&name).await?;
            params.delete(&name).await?;
            Ok::<_, plane::ports::params::ParamsError>(read)
        };
        let shown = format!("{}/…", self.connected.profile().parameter_prefix);
        match tried.await {
            Ok(read) if read.as_deref() == Some("written") => {
                Check::ok(CHECK, format!("{shown} can be written and read"))
            }
            Ok(_) => Check::bad(CHECK, format!("{shown} can be written, but not read at once"), "try again"),
            Err(error) => Check::trouble(
                CHECK,
                &error.0,
                "permit ssm:PutParameter, GetParameter and DeleteParameter below aws_parameter_prefix",
            ),
        }
    }

    async fn mail(&self) -> Vec<Check> {
        const SENDER: &str = "sender";
        let sender = self.connected.profile().sender.as_str();
        if sender.is_empty() {
            let fix = "set aws_sender to an address that SES has verified";
            return vec![Check::warning(SENDER, "none: mails stay in the outbox, for operators to read", fix)];
        }
        let client = self.ses();
        let domain = sender.split_once('@').map_or(sender, |(_, domain)| domain);
        let (address, domain) = (self.verified(&client, sender).await, self.verified(&client, domain).await);
        let check = match (address, domain) {
            (Ok(Some(true)), _) | (_, Ok(Some(true))) => Check::ok(SENDER, format!("{sender} is verified")),
            (Ok(Some(false)), _) | (_, Ok(Some(false))) => Check::bad(
                SENDER,
                format!("{sender} is not verified yet"),
                "follow the link in the mail of SES, or publish the domain's records",
            ),
            (Ok(None), Ok(None)) => Check::bad(
                SENDER,
                format!("SES does not know {sender}, nor its domain"),
                "freehold preflight --fix asks SES to verify it; or name another: aws_sender",
            ),
            (Err(fault), _) | (_, Err(fault)) => Check::fault(SENDER, "SES", fault),
        };
        vec![check, self.sending(&client).await]
    }

    /// `None`: SES does not know it.
    async fn verified(&self, client: &ses::Client, identity: &str) -> Result<Option<bool>, Fault> {
        let asked = self
            .patience
            .repeat(async || {
                let request = client.get_email_identity().email_identity(identity);
                request.send().await.map_err(|error| Fault::of(&error))
            })
            .await;
        match asked {
            Ok(identity) => Ok(Some(
                identity.verified_for_sending_status
                    || identity.verification_status == Some(ses::types::VerificationStatus::Success),
            )),
            Err(Fault::NotFound) => Ok(None),
            Err(fault) => Err(fault),
        }
    }

    async fn sending(&self, client: &ses::Client) -> Check {
        const CHECK: &str = "mail";
        let asked =
            self.patience.repeat(async || client.get_account().send().await.map_err(|error| Fault::of(&error))).await;
        match asked {
            Ok(account) if !account.sending_enabled => {
                Check::bad(CHECK, "sending is paused for the account", "resume it in the console of SES")
            }
            Ok(account) if !account.production_access_enabled => Check::warning(
                CHECK,
                "the account is in the sandbox of SES: only verified people get mail",
                "ask for production access in the console of SES",
            ),
            Ok(_) => Check::ok(CHECK, "the account may send to everybody"),
            Err(fault) => Check::warning(CHECK, format!("SES does not tell its limits: {fault}"), fault.fix()),
        }
    }

    async fn bus(&self) -> Check {
        const CHECK: &str = "event bus";
        let bus = self.connected.profile().event_bus.as_str();
        let client = self.eventbridge();
        let asked = self
            .patience
            .repeat(async || client.describe_event_bus().name(bus).send().await.map_err(|error| Fault::of(&error)))
            .await;
        match asked {
            Ok(found) => Check::ok(CHECK, found.arn.unwrap_or_else(|| bus.to_owned())),
            Err(Fault::NotFound) => Check::bad(
                CHECK,
                format!("there is no event bus {bus} in {}", self.connected.region()),
                format!("{MAKE}; or check aws_event_bus"),
            ),
            Err(fault) => Check::fault(CHECK, format!("EventBridge, {bus}"), fault),
        }
    }

    async fn secrets(&self) -> Vec<Check> {
        const CHECK: &str = "secrets";
        let there = self.connected.secrets().there().await.into_iter();
        there
            .map(|(name, there)| match there {
                Ok(true) => Check::ok(CHECK, name),
                Ok(false) => Check::ok(CHECK, format!("{name} is not there yet; the first start makes it")),
                Err(fault) => Check::fault(CHECK, format!("Secrets Manager, {name}"), fault),
            })
            .collect()
    }

    /// Makes the table, the bus, and asks for the sender's verification; answers what could not be made.
    async fn mend(&self) -> Vec<Check> {
        let mut failed = Vec::new();
        if let Err(error) = self.connected.tables().mend().await {
            failed.push(Check::bad("table", error.to_string(), "permit dynamodb:CreateTable and the updates after it"));
        }
        if let Err(fault) = self.make_bus().await {
            failed.push(Check::fault("event bus", "it can't be made", fault));
        }
        if let Err(fault) = self.make_sender().await {
            failed.push(Check::fault("sender", "its verification can't be asked for", fault));
        }
        failed
    }

    async fn make_bus(&self) -> Result<(), Fault> {
        let bus = self.connected.profile().event_bus.as_str();
        // The default bus is there always, and another's can't be made.
        if bus == "default" || bus.starts_with("arn:") {
            return Ok(());
        }
        let client = self.eventbridge();
        let made = self
            .patience
            .repeat(async || client.create_event_bus().name(bus).send().await.map_err(|error| Fault::of(&error)))
            .await;
        there_now(made)
    }

    async fn make_sender(&self) -> Result<(), Fault> {
        let sender = self.connected.profile().sender.as_str();
        if sender.is_empty() {
            return Ok(());
        }
        let client = self.ses();
        let domain = sender.split_once('@').map_or(sender, |(_, domain)| domain);
        for identity in [sender, domain] {
            if self.verified(&client, identity).await?.is_some() {
                return Ok(());
            }
        }
        let made = self
            .patience
            .repeat(async || {
                let request = client.create_email_identity().email_identity(sender);
                request.send().await.map_err(|error| Fault::of(&error))
            })
            .await;
        there_now(made)
    }

    fn ses(&self) -> ses::Client {
        let mut builder = ses::config::Builder::from(self.connected.config());
        builder.set_endpoint_url(self.connected.profile().endpoints.ses.clone());
        ses::Client::from_conf(builder.build())
    }

    fn eventbridge(&self) -> eventbridge::Client {
        let mut builder = eventbridge::config::Builder::from(self.connected.config());
        builder.set_endpoint_url(self.connected.profile().endpoints.events.clone());
        eventbridge::Client::from_conf(builder.build())
    }
}

fn switch(check: &'static str, table: &str, on: Result<bool, Fault>) -> Check {
    match on {
        Ok(true) => Check::ok(check, format!("on for {table}")),
        Ok(false) => Check::bad(check, format!("off for {table}"), "freehold preflight --fix turns it on"),
        Err(fault) => Check::fault(check, table, fault),
    }
}

/// That somebody else made it is as good.
fn there_now<T>(made: Result<T, Fault>) -> Result<(), Fault> {
    match made {
        Ok(_) | Err(Fault::InUse) => Ok(()),
        Err(fault) => Err(fault),
    }
}
