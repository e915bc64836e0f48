//! The policy: one Cedar policy set, asked for every request.

use std::{
    collections::{HashMap, HashSet},
    str::FromStr,
};

use cedar_policy::{
    Authorizer, Context, Decision, Entities, Entity, EntityId, EntityTypeName, EntityUid, PolicySet, Request,
    RestrictedExpression, Schema,
};

use super::actions::ActionFacts;
use crate::ids::{AccountId, EnterpriseId, Subject};

/// The policy's source, for the proofs and for people.
pub const POLICY: &str = include_str!("policy.cedar");
/// The schema that the policy is written against.
pub const SCHEMA: &str = include_str!("schema.cedarschema");

/// Everything of a caller that the policy asks for.
#[derive(Clone, Debug)]
pub struct Principal {
    pub subject: Subject,
    pub account: AccountId,
    pub enterprise: EnterpriseId,
    pub every_enterprise: bool,
    pub active: bool,
    pub operator: bool,
    pub rights: Vec<String>,
}

/// What a request is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Scope {
    pub account: AccountId,
    pub enterprise: Option<EnterpriseId>,
}

/// The outcome, with the ids of the rules that decided it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyDecision {
    pub permitted: bool,
    pub rules: Vec<String>,
}

/// The policy, parsed once.
#[derive(Debug)]
pub struct Policy {
    authorizer: Authorizer,
    policies: PolicySet,
    types: Types,
}

#[derive(Debug)]
struct Types {
    account: EntityTypeName,
    enterprise: EntityTypeName,
    user: EntityTypeName,
    scope: EntityTypeName,
    action: EntityTypeName,
}

impl Default for Policy {
    fn default() -> Self {
        let named = |name| EntityTypeName::from_str(name).expect("a plain word is a type name");
        Self {
            authorizer: Authorizer::new(),
            policies: PolicySet::from_str(POLICY).expect("the policy in the repository parses: a test holds it"),
            types: Types {
                account: named("Account"),
                enterprise: named("Enterprise"),
                user: named("User"),
                scope: named("Scope"),
                action: named("Action"),
            },
        }
    }
}

impl Policy {
    /// Decides whether a caller may do an action in a scope.
    pub fn decide(&self, principal: &Principal, action: &ActionFacts, scope: Scope) -> PolicyDecision {
        let user = uid(&self.types.user, principal.subject);
        let resource = EntityUid::from_type_name_and_id(self.types.scope.clone(), EntityId::new("scope"));
        let action_uid =
            EntityUid::from_type_name_and_id(self.types.action.clone(), EntityId::new(action.class.as_str()));
        let right = RestrictedExpression::new_string(action.right.to_string());
        let context = Context::from_pairs([("right".to_owned(), right)]).expect("one key stands once");
        let entities = self.entities(&user, principal, &resource, scope);
        let request = Request::new(user, action_uid, resource, context, None).expect("no schema, nothing to refuse");
        let response = self.authorizer.is_authorized(&request, &self.policies, &entities);
        if let Some(error) = response.diagnostics().errors().next() {
            // The proofs say that no rule errs; if one does all the same, nothing is permitted.
            tracing::error!(%error, "a rule of the policy erred");
            return PolicyDecision { permitted: false, rules: vec!["error".into()] };
        }
        let named = |id| self.policies.annotation(id, "id").map_or_else(|| id.to_string(), ToOwned::to_owned);
        PolicyDecision {
            permitted: response.decision() == Decision::Allow,
            rules: response.diagnostics().reason().map(named).collect(),
        }
    }

    fn entities(&self, user: &EntityUid, principal: &Principal, resource: &EntityUid, scope: Scope) -> Entities {
        let account = |id| RestrictedExpression::new_entity_uid(uid(&self.types.account, id));
        let enterprise = |id| RestrictedExpression::new_entity_uid(uid(&self.types.enterprise, id));
        let rights = principal.rights.iter().map(|right| RestrictedExpression::new_string(right.clone()));
        let caller: HashMap<String, RestrictedExpression> = HashMap::from([
            ("account".into(), account(principal.account)),
            ("enterprise".into(), enterprise(principal.enterprise)),
            ("everyEnterprise".into(), RestrictedExpression::new_bool(principal.every_enterprise)),
            ("active".into(), RestrictedExpression::new_bool(principal.active)),
            ("operator".into(), RestrictedExpression::new_bool(principal.operator)),
            ("rights".into(), RestrictedExpression::new_set(rights)),
        ]);
        let mut about = HashMap::from([("account".to_owned(), account(scope.account))]);
        if let Some(id) = scope.enterprise {
            about.insert("enterprise".into(), enterprise(id));
        }
        let entity = |uid: &EntityUid, attributes| {
            Entity::new(uid.clone(), attributes, HashSet::new()).expect("plain values need no evaluation")
        };
        Entities::from_entities([entity(user, caller), entity(resource, about)], None).expect("two entities, two names")
    }
}

fn uid<K>(of: &EntityTypeName, id: crate::ids::Id<K>) -> EntityUid {
    EntityUid::from_type_name_and_id(of.clone(), EntityId::new(id.to_string()))
}

/// The schema, parsed: for the proofs.
pub fn schema() -> Schema {
    Schema::from_cedarschema_str(SCHEMA).expect("the schema in the repository parses: a test holds it").0
}
