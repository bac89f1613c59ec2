//! What the kernel hands a program: any arguments, environment and auxiliary vector, laid out as it does, against what went in.

use arbitrary::Arbitrary;
use baremap::rt::Env;
use std::ffi::{CStr, CString};

/// What is on the stack, and what is looked for.
#[derive(Arbitrary, Debug)]
pub struct Plan {
    args: Vec<Vec<u8>>,
    vars: Vec<Vec<u8>>,
    aux: Vec<[usize; 2]>,
    name: String,
    kind: usize,
}

/// Builds the stack, and compares.
pub fn run(plan: Plan) {
    let (args, vars) = (strings(plan.args), strings(plan.vars));
    let mut stack = vec![args.len()];
    for strings in [&args, &vars] {
        stack.extend(strings.iter().map(|string| string.as_ptr().expose_provenance()));
        stack.push(0);
    }
    stack.extend(plan.aux.as_flattened());
    stack.extend([0, 0]);
    // No longer than what is in it, so that the sanitizer sees what reads on.
    let stack = stack.into_boxed_slice();
    // SAFETY: it is what the kernel makes, and lives longer than what is read of it.
    let env = unsafe { Env::from_stack(stack.as_ptr()) };

    assert_eq!(env.args().len(), args.len());
    assert!(env.args().eq(args.iter().map(CString::as_c_str)));
    assert!(env.vars().eq(vars.iter().map(CString::as_c_str)));
    // The first of type 0 is the end, whatever follows.
    let aux: Vec<_> =
        plan.aux.iter().take_while(|[kind, _]| *kind != 0).map(|&[kind, value]| (kind, value)).collect();
    assert!(env.aux().eq(aux.iter().copied()));

    let names = vars.iter().filter_map(|var| var.to_str().ok()?.split_once('=')).map(|(name, _)| name);
    for name in names.chain([plan.name.as_str()]) {
        assert_eq!(env.var(name), value(&vars, name));
    }
    for kind in aux.iter().map(|&(kind, _)| kind).chain([plan.kind]) {
        let expected = aux.iter().find(|(found, _)| *found == kind).map(|&(_, value)| value);
        assert_eq!(env.aux_value(kind), expected);
    }
}

/// Each up to its first null.
fn strings(all: Vec<Vec<u8>>) -> Vec<CString> {
    let until_null = |bytes: Vec<u8>| bytes.into_iter().take_while(|&byte| byte != 0).collect::<Vec<u8>>();
    all.into_iter().map(|bytes| CString::new(until_null(bytes)).expect("no null")).collect()
}

/// What getenv(3) says: the first that begins with the name and an equals sign.
fn value<'vars>(vars: &'vars [CString], name: &str) -> Option<&'vars CStr> {
    let start = format!("{name}=");
    let var = vars.iter().find(|var| var.to_bytes().starts_with(start.as_bytes()))?;
    Some(&var.as_c_str()[start.len()..])
}
