//! What can go wrong with a request, by name: the one place that reads the SDK's errors.

use std::{error::Error, iter};

use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

/// Why a request was not answered as asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    #[error("throttled")]
    Throttled,
    #[error("another request holds the same records")]
    Conflict,
    #[error("the same request is still under way")]
    Underway,
    #[error("timed out")]
    TimedOut,
    #[error("out of reach")]
    Unreachable,
    #[error("failed inside the service")]
    Internal,
    #[error("the answer makes no sense")]
    Garbled,
    #[error("not there")]
    NotFound,
    #[error("there already, or being changed")]
    InUse,
    #[error("a quota is used up")]
    Quota,
    #[error("access is denied: check the credentials and the role's policy")]
    Denied,
    #[error("refused as malformed")]
    Malformed,
    #[error("rejected: check that sender and recipient are verified")]
    Rejected,
    #[error("paused, or the account is suspended")]
    Paused,
    #[error("failed in a way that is not known here")]
    Unknown,
}

impl Fault {
    /// Names the fault; what the service said goes to the log.
    pub fn of<E, R>(error: &SdkError<E, R>) -> Self
    where
        E: ProvideErrorMetadata,
    {
        let said = match error {
            SdkError::ServiceError(service) => Some(service.err()),
            _ => None,
        };
        let (code, message) = (said.and_then(E::code), said.and_then(E::message));
        let fault = match error {
            SdkError::ConstructionFailure(_) => Self::Malformed,
            SdkError::TimeoutError(_) => Self::TimedOut,
            SdkError::DispatchFailure(failure) if failure.is_timeout() => Self::TimedOut,
            SdkError::DispatchFailure(failure) => {
                failure.as_connector_error().map_or(Self::Unreachable, |error| undispatched(error))
            }
            SdkError::ResponseError(_) => Self::Garbled,
            SdkError::ServiceError(_) => code.map_or(Self::Unknown, Self::named),
            _ => Self::Unknown,
        };
        if fault == Self::Unknown {
            tracing::error!(code, message, "a request to AWS failed in a way that is not known here");
        } else {
            tracing::debug!(%fault, code, message, "a request to AWS failed");
        }
        fault
    }

    /// The fault that a service's code stands for.
    pub fn named(code: &str) -> Self {
        match code {
            "ThrottlingException"
            | "Throttling"
            | "ThrottlingError"
            | "ProvisionedThroughputExceededException"
            | "ProvisionedThroughputExceeded"
            | "RequestLimitExceeded"
            | "TooManyRequestsException"
            | "TooManyUpdates"
            | "SlowDown" => Self::Throttled,
            "TransactionConflictException"
            | "TransactionConflict"
            | "ReplicatedWriteConflictException"
            | "ConcurrentModificationException" => Self::Conflict,
            "TransactionInProgressException" => Self::Underway,
            "InternalServerError"
            | "InternalFailure"
            | "InternalException"
            | "InternalErrorException"
            | "ServiceUnavailable"
            | "ServiceUnavailableException" => Self::Internal,
            "ResourceNotFoundException" | "TableNotFoundException" | "ParameterNotFound" | "NotFoundException" => {
                Self::NotFound
            }
            "ResourceInUseException" | "TableAlreadyExistsException" | "AlreadyExistsException" => Self::InUse,
            "LimitExceededException" | "ItemCollectionSizeLimitExceededException" | "ParameterLimitExceeded" => {
                Self::Quota
            }
            "AccessDeniedException"
            | "AccessDenied"
            | "UnrecognizedClientException"
            | "InvalidClientTokenId"
            | "InvalidSignatureException"
            | "ExpiredTokenException"
            | "MissingAuthenticationTokenException"
            | "MissingAuthenticationToken"
            | "NotAuthorizedException" => Self::Denied,
            "MessageRejected" | "MailFromDomainNotVerifiedException" => Self::Rejected,
            "SendingPausedException" | "AccountSuspendedException" => Self::Paused,
            "ValidationException" | "ValidationError" | "SerializationException" | "BadRequestException" => {
                Self::Malformed
            }
            _ => Self::Unknown,
        }
    }

    /// Whether the same request may go through later.
    pub const fn passes(self) -> bool {
        match self {
            Self::Throttled
            | Self::Conflict
            | Self::Underway
            | Self::TimedOut
            | Self::Unreachable
            | Self::Internal
            | Self::Garbled => true,
            Self::NotFound
            | Self::InUse
            | Self::Quota
            | Self::Denied
            | Self::Malformed
            | Self::Rejected
            | Self::Paused
            | Self::Unknown => false,
        }
    }

    /// Whether the request certainly changed nothing.
    pub const fn changed_nothing(self) -> bool {
        match self {
            Self::Throttled
            | Self::Conflict
            | Self::NotFound
            | Self::InUse
            | Self::Quota
            | Self::Denied
            | Self::Malformed
            | Self::Rejected
            | Self::Paused => true,
            Self::Underway | Self::TimedOut | Self::Unreachable | Self::Internal | Self::Garbled | Self::Unknown => {
                false
            }
        }
    }
}

/// A request that did not go out: for lack of credentials, or of a connection.
fn undispatched(error: &(dyn Error + 'static)) -> Fault {
    let mut causes = iter::successors(Some(error), |&cause| cause.source());
    match causes.find_map(|cause| cause.downcast_ref::<CredentialsError>()) {
        Some(CredentialsError::ProviderTimedOut(_)) => Fault::TimedOut,
        Some(CredentialsError::CredentialsNotLoaded(_) | CredentialsError::InvalidConfiguration(_)) => Fault::Denied,
        Some(_) | None => Fault::Unreachable,
    }
}
