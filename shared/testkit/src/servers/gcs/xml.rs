//! The documents that answers carry.

/// An element with children; nothing that the server says has attributes beside its name space.
#[derive(Debug)]
pub(super) struct Element {
    name: &'static str,
    content: String,
}

impl Element {
    pub(super) fn new(name: &'static str) -> Self {
        Self {
            name,
            content: String::new(),
        }
    }

    /// Adds a child with a text.
    pub(super) fn text(&mut self, name: &str, text: impl ToString) {
        let text = escaped(&text.to_string());
        self.content.push_str(&format!("<{name}>{text}</{name}>"));
    }

    pub(super) fn child(&mut self, child: &Element) {
        let (name, content) = (child.name, &child.content);
        self.content
            .push_str(&format!("<{name}>{content}</{name}>"));
    }

    pub(super) fn document(&self) -> String {
        let (name, content) = (self.name, &self.content);
        format!(
            "<?xml version='1.0' encoding='UTF-8'?><{name} \
             xmlns='http://doc.s3.amazonaws.com/2006-03-01'>{content}</{name}>"
        )
    }
}

fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            letter => escaped.push(letter),
        }
    }
    escaped
}
