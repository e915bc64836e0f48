//! Proofs of the policy, for every caller, scope and right there could be: a solver looks for a case that breaks a
//! promise, and there is none.
#![expect(clippy::unwrap_used, reason = "a test that can't go on says where")]

use std::{env, path::Path, str::FromStr};

use cedar_policy::{PolicySet, RequestEnv, Schema, ValidationMode, Validator};
use cedar_policy_symcc::{CedarSymCompiler, CompiledPolicy, CompiledPolicySet, solver::LocalSolver};
use plane::guard::policy::{POLICY, schema};

/// A promise: whatever the policy permits is permitted by `bound` too.
struct Promise {
    name: &'static str,
    bound: &'static str,
    /// What to put in place of what, in the policy, so that the promise is broken.
    broken: (&'static str, &'static str),
}

const PROMISES: &[Promise] = &[
    Promise {
        name: "whatever is permitted is within the caller's own account or asked by an operator",
        bound: "permit (principal, action, resource)
                when { resource.account == principal.account || principal.operator };",
        broken: (
            "unless { resource.account == principal.account || principal.operator };",
            "unless { principal.active || principal.operator };\
             permit (principal, action, resource) when { principal.everyEnterprise };",
        ),
    },
    Promise {
        name: "oneself is always within the caller's own account",
        bound: r#"permit (principal, action in [Action::"tenant", Action::"platform"], resource);
                  permit (principal, action == Action::"own", resource)
                  when { resource.account == principal.account };"#,
        broken: (
            "when { resource.account == principal.account };",
            "when { resource.account == principal.account || principal.operator };",
        ),
    },
    Promise {
        name: "inactive users get nothing",
        bound: "permit (principal, action, resource) when { principal.active };",
        broken: ("unless { principal.active };", "unless { principal.active || principal.operator };"),
    },
    Promise {
        name: "nothing crosses enterprises, unless the caller's is the Global one",
        bound: "permit (principal, action, resource) when {
                  !(resource has enterprise) || principal.everyEnterprise
                  || (resource has enterprise && resource.enterprise == principal.enterprise) };",
        broken: (
            "unless { principal.everyEnterprise || resource.enterprise == principal.enterprise };",
            "unless { principal.everyEnterprise || resource.account == principal.account };",
        ),
    },
    Promise {
        name: "what is for the platform is for operators alone",
        bound: r#"permit (principal, action in [Action::"own", Action::"tenant"], resource);
                  permit (principal, action == Action::"platform", resource) when { principal.operator };"#,
        broken: ("when { principal.operator && ", "when { "),
    },
    Promise {
        name: "whatever is not one's own asks for its right",
        bound: r#"permit (principal, action == Action::"own", resource);
                  permit (principal, action in [Action::"tenant", Action::"platform"], resource)
                  when { principal.rights.contains(context.right) };"#,
        broken: (
            "when { principal.operator && principal.rights.contains(context.right) };",
            "when { principal.operator };",
        ),
    },
];

/// All promises in one sentence, written apart from the policy: neither permits what the other does not.
const WHOLE: &str = r#"
permit (principal, action, resource) when {
    principal.active
    && (!(resource has enterprise) || principal.everyEnterprise
        || (resource has enterprise && resource.enterprise == principal.enterprise))
    && (if action == Action::"own" then resource.account == principal.account
        else principal.rights.contains(context.right)
             && (principal.operator || (action == Action::"tenant" && resource.account == principal.account)))
};"#;

#[test]
fn the_policy_fits_its_schema() {
    let validate = |policies: &str| {
        let policies = PolicySet::from_str(policies).unwrap();
        Validator::new(schema()).validate(&policies, ValidationMode::Strict)
    };
    let result = validate(POLICY);
    assert!(result.validation_passed_without_warnings(), "{result}");
    // The validator sees what it is there for.
    for (right, wrong) in [
        ("when { resource has enterprise }", "when { true }"),
        ("principal.operator", "principal.administrator"),
        (r#"Action::"platform""#, r#"Action::"plattform""#),
    ] {
        assert!(!validate(&POLICY.replace(right, wrong)).validation_passed(), "accepted: {wrong}");
    }
}

#[tokio::test]
async fn the_policy_keeps_every_promise() {
    let mut prover = Prover::new();
    for promise in PROMISES {
        assert!(prover.implies(POLICY, promise.bound).await, "broken: {}", promise.name);
    }
    assert!(prover.implies(POLICY, WHOLE).await, "the policy permits what it should not");
    assert!(prover.implies(WHOLE, POLICY).await, "the policy refuses what it should not");
    assert!(!prover.implies(POLICY, "forbid (principal, action, resource);").await, "the policy permits nothing");
}

#[tokio::test]
async fn a_policy_that_breaks_a_promise_is_found_out() {
    let mut prover = Prover::new();
    for promise in PROMISES {
        let (right, wrong) = promise.broken;
        assert!(POLICY.contains(right), "not in the policy any more: {right}");
        let broken = POLICY.replacen(right, wrong, 1);
        assert!(!prover.implies(&broken, promise.bound).await, "not found out: {}", promise.name);
        assert!(!prover.implies(&broken, WHOLE).await, "not found out as a whole: {}", promise.name);
    }
}

#[tokio::test]
async fn no_rule_errs() {
    let mut prover = Prover::new();
    assert!(prover.never_errs(POLICY).await);
    // A sum that overflows passes the type checker, and errs.
    let erring =
        POLICY.replacen("when { principal.operator", "when { 9223372036854775807 + 1 > 0 && principal.operator", 1);
    assert!(!prover.never_errs(&erring).await);
}

struct Prover {
    schema: Schema,
    environments: Vec<RequestEnv>,
    compiler: CedarSymCompiler<LocalSolver>,
}

impl Prover {
    fn new() -> Self {
        demand_solver();
        let schema = schema();
        let environments: Vec<_> = schema.request_envs().collect();
        assert_eq!(environments.len(), 3, "one for each class of actions");
        let solver = LocalSolver::cvc5().expect("the solver starts");
        Self { schema, environments, compiler: CedarSymCompiler::new(solver).expect("the solver answers") }
    }

    /// Whether everything that one policy permits is permitted by another.
    async fn implies(&mut self, policy: &str, bound: &str) -> bool {
        let (policy, bound) = (PolicySet::from_str(policy).unwrap(), PolicySet::from_str(bound).unwrap());
        for environment in &self.environments {
            let policy = CompiledPolicySet::compile(&policy, environment, &self.schema).unwrap();
            let bound = CompiledPolicySet::compile(&bound, environment, &self.schema).unwrap();
            if !self.compiler.check_implies_opt(&policy, &bound).await.expect("the solver decides") {
                return false;
            }
        }
        true
    }

    async fn never_errs(&mut self, policy: &str) -> bool {
        for rule in PolicySet::from_str(policy).unwrap().policies() {
            for environment in &self.environments {
                let rule = CompiledPolicy::compile(rule, environment, &self.schema).unwrap();
                if !self.compiler.check_never_errors_opt(&rule).await.expect("the solver decides") {
                    return false;
                }
            }
        }
        true
    }
}

/// A proof that was not made is no proof: without the solver, the test fails.
#[expect(clippy::disallowed_methods, reason = "the solver is looked for where its crate looks for it")]
fn demand_solver() {
    let named = env::var_os("CVC5");
    let found = named.as_ref().map_or_else(
        || env::split_paths(&env::var_os("PATH").unwrap_or_default()).any(|folder| folder.join("cvc5").is_file()),
        |path| Path::new(path).is_file(),
    );
    assert!(found, "the solver cvc5 is missing: install the Debian package `cvc5`, or name the program in CVC5");
}
