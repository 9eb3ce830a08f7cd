//! What nodes offer: twenty callbacks, which nobody calls.

use daffi::callback;

macro_rules! offer {
    ($($name:ident)*) => {
        $(
            #[callback]
            async fn $name(number: u64, text: String) -> Vec<String> {
                vec![text; usize::try_from(number).unwrap_or_default()]
            }
        )*
    };
}

offer! {
    one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty
}
