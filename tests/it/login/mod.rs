//! Sign-ins that last: tokens renewed once, rotated tokens kept, whatever goes wrong.

use std::error::Error;
use std::sync::Mutex;

use chrono::{DateTime, TimeDelta, Utc};
use spendtray::clock::Clock;
use spendtray::domain::account::{AccountId, CredentialPlace};
use spendtray::domain::variables::Variables;
use spendtray::http::{Credential, Http, Request};
use spendtray::login::{LoginError, Renewal};
use spendtray::secrets::Secret;
use spendtray::secrets::tokens::TokenSet;
use spendtray::secrets::vault::{Vault, Wanted};

use crate::support::vendor::{Answer, Vendor};

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

fn now() -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::days(20_000)
}

/// A home with a token set that ends in so many minutes.
struct Home {
    folder: tempfile::TempDir,
    account: AccountId,
}

impl Home {
    async fn with_minutes_left(minutes: i64) -> Outcome<Self> {
        let home = Self {
            folder: tempfile::tempdir()?,
            account: AccountId::parse("someone/work"),
        };
        let set = TokenSet {
            access: Secret::new("first-access-token-0001").ok_or("empty")?,
            refresh: Secret::new("first-refresh-token-0001"),
            expires_at: Some(now() + TimeDelta::minutes(minutes)),
        };
        home.vault()
            .keep(&home.account, &set.at_rest().ok_or("no JSON")?)
            .await?;
        Ok(home)
    }

    fn vault(&self) -> Vault {
        Vault::file_only(self.folder.path().join("data/secrets.toml"))
    }

    async fn kept(&self) -> Outcome<TokenSet> {
        let variables = Variables::default();
        let wanted = Wanted {
            account: &self.account,
            place: &CredentialPlace::Keyring,
            names: &[],
            variables: &variables,
        };
        let found = self
            .vault()
            .lookup(wanted)
            .await?
            .ok_or("nothing is kept")?;
        Ok(TokenSet::read(&found.secret).ok_or("no token set is kept")?)
    }

    async fn access(&self, endpoint: &str) -> Outcome<Result<Secret, LoginError>> {
        let http = Http::new(None, &Clock::manual(now()))?;
        let renewal = Renewal {
            vault: &self.vault(),
            http: &http,
            endpoint,
            client_id: "spendtray",
            locks: &self.folder.path().join("data/renewing"),
        };
        Ok(renewal.access(&self.account, now()).await)
    }
}

/// A token endpoint whose refresh tokens are good for one use, and the usage page behind it.
async fn rotating() -> Outcome<Vendor> {
    let valid = Mutex::new("first-refresh-token-0001".to_owned());
    Ok(Vendor::start(move |asked| {
        if asked.path == "/usage" {
            return Answer::json(200, "{}");
        }
        let Ok(mut valid) = valid.lock() else { return Answer::Close };
        if !asked.body.contains(&format!("\"{valid}\"")) {
            return Answer::json(400, r#"{"error":"invalid_grant"}"#);
        }
        "second-refresh-token-0002".clone_into(&mut valid);
        Answer::json(
            200,
            r#"{"access_token":"second-access-token-0002","refresh_token":"second-refresh-token-0002","expires_in":3600}"#,
        )
    })
    .await?)
}

#[tokio::test]
async fn a_token_that_ends_in_four_minutes_is_renewed_once_and_the_next_request_carries_the_new_one()
-> Outcome {
    let home = Home::with_minutes_left(4).await?;
    let vendor = rotating().await?;
    let access = home.access(&format!("{}/token", vendor.url())).await??;
    let http = Http::new(None, &Clock::manual(now()))?;
    let usage =
        Request::new(format!("{}/usage", vendor.url())).credential(Credential::Bearer(&access));
    http.get(&usage).await?;
    let seen = vendor.seen();
    assert_eq!(
        seen.iter().filter(|asked| asked.path == "/token").count(),
        1
    );
    let carried = seen
        .last()
        .and_then(|asked| asked.headers.get("authorization").cloned());
    assert_eq!(carried.as_deref(), Some("Bearer second-access-token-0002"));
    assert_eq!(
        home.kept().await?.refresh,
        Secret::new("second-refresh-token-0002"),
        "the rotated token is kept"
    );
    Ok(())
}

#[tokio::test]
async fn a_token_that_holds_is_used_as_it_is() -> Outcome {
    let home = Home::with_minutes_left(60).await?;
    let vendor = rotating().await?;
    let access = home.access(vendor.url()).await??;
    assert_eq!(Some(access), Secret::new("first-access-token-0001"));
    assert!(vendor.seen().is_empty());
    Ok(())
}

#[tokio::test]
async fn two_that_need_it_at_once_spend_one_refresh_token() -> Outcome {
    let home = Home::with_minutes_left(-10).await?;
    let vendor = rotating().await?;
    let url = format!("{}/token", vendor.url());
    let (one, other) = tokio::join!(home.access(&url), home.access(&url));
    assert_eq!(one??, other??);
    assert_eq!(vendor.seen().len(), 1);
    Ok(())
}

#[tokio::test]
async fn a_sign_in_that_has_ended_says_how_to_sign_in_and_loses_nothing() -> Outcome {
    let home = Home::with_minutes_left(0).await?;
    for (status, tells) in [
        (400, "run `spendtray login someone/work`"),
        (503, "tried again by itself"),
    ] {
        let vendor = Vendor::start(move |_| Answer::json(status, "{}")).await?;
        let Err(error) = home.access(vendor.url()).await? else {
            return Err("it was renewed".into());
        };
        assert!(error.to_string().contains(tells), "{error}");
        assert!(!format!("{error:?} {error}").contains("0001"), "{error:?}");
    }
    assert_eq!(
        home.kept().await?.refresh,
        Secret::new("first-refresh-token-0001")
    );
    let stranger = Home {
        account: AccountId::parse("nobody"),
        ..home
    };
    let Err(error) = stranger.access("http://127.0.0.1:9").await? else {
        return Err("it was renewed".into());
    };
    assert_eq!(
        error.to_string(),
        "nobody has no sign-in; run `spendtray login nobody`"
    );
    Ok(())
}
