//! What can go wrong.

use daffi::{CallError, Global, RemoteError, StartError};

/// One of each, as a program looks at it.
fn words<E: std::fmt::Debug>(error: &CallError<E>) -> &'static str {
    let _: bool = error.may_have_run();
    match error {
        CallError::App(_) => "its own",
        CallError::NoProvider { .. } => "nobody offers it",
        CallError::ProviderLost { process, .. } if process.is_empty() => "no name",
        CallError::ProviderLost { .. } => "went away",
        CallError::Timeout { .. } => "too late",
        CallError::Cancelled { .. } => "cancelled",
        CallError::Overloaded { .. } => "full",
        CallError::Panicked { message, .. } if message.is_empty() => "no message",
        CallError::Panicked { .. } => "panicked",
        CallError::SignatureMismatch { called, offered, .. } if called == offered => "alike",
        CallError::SignatureMismatch { .. } => "disagree",
        CallError::Denied { .. } => "not allowed",
        CallError::TooLarge { size, limit, .. } if size <= limit => "small enough",
        CallError::TooLarge { .. } => "too large",
        CallError::Disconnected { .. } => "no controller",
        CallError::NotStarted { .. } => "not started",
        CallError::Encode { .. } | CallError::Decode { .. } => "a value",
        CallError::Ambiguous { .. } => "which one",
        _ => "something else",
    }
}

#[tokio::test]
async fn each_error_says_what_happened() -> Result<(), StartError> {
    let of: CallError<RemoteError> = CallError::timeout("pay", false);
    assert_eq!(words(&of), "too late");
    let refused = Global::builder().init_node(false).start().await;
    let refused: StartError = refused.unwrap_err();
    assert!(!refused.to_string().is_empty());
    let controller = Global::builder()
        .init_controller(true)
        .in_memory()
        .start()
        .await?;
    let error = controller.call::<u8>("nobody offers this", ()).await.unwrap_err();
    assert_eq!(words(&error), "nobody offers it");
    controller.stop().await;
    Ok(())
}
