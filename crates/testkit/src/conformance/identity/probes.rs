//! Tokens by which the product acts as somebody.

use plane::ports::identity::Identity;
use secrecy::ExposeSecret;

use super::{Ground, seconds};
use crate::conformance::cases;

cases! {
    Ground;

    a_probe_acts_for_a_minute_without_a_password(world) {
        let robot = world.invited("robot@example.com").await;
        let probe = world.identity.probe_token(robot).await.unwrap();
        let verified = world.identity.verify(probe.expose_secret()).await.unwrap();
        assert_eq!(verified.subject, robot);
        assert!(world.identity.sessions(robot).await.unwrap().is_empty(), "a probe is nobody's session to see");
        world.advance(seconds(60));
        assert!(!world.good(&probe).await);

        let probe = world.identity.probe_token(robot).await.unwrap();
        world.identity.sign_out_everywhere(robot).await.unwrap();
        assert!(!world.good(&probe).await);
    }
}
