"""That scripts/least_privilege.py notices what it must, naming function and action."""

import sys
import unittest

sys.dont_write_bytecode = True

import least_privilege as checked
from least_privilege import Right

PERMISSIONS = {
    "bucket_actions": ["s3:ListBucket"],
    "call": {
        "S3 HeadObject": {"needs": ["s3:GetObject"], "sent": {"needs": ["s3:ListBucket"]}},
        "S3 DeleteObject": {"needs": ["s3:DeleteObject"], "with": {"if-match": {"needs": ["s3:GetObject"]}}},
        "S3 CopyObject": {
            "needs": ["s3:PutObject"],
            "of_source": ["s3:GetObject"],
            "without": {"none": {"of_source": ["s3:GetObjectTagging"]}},
        },
    },
    "listed": [{"functions": ["F"], "on": ["copy queue"], "actions": ["sqs:ReceiveMessage"], "reason": "Lambda's"}],
}
LISTED = Right("F", "copy queue", "sqs:ReceiveMessage")
RIGHTS = {
    Right("F", "pools' buckets", "s3:ListBucket"),
    Right("F", "pools' objects", "s3:GetObject"),
    Right("F", "pools' objects", "s3:DeleteObject"),
    LISTED,
}


def call(name, headers="", source=None, signed_only=False):
    told = {"place": "pools", "from": source, "headers": headers, "signed_only": signed_only}
    return {"function": "F", "call": name} | told


CALLS = [call("S3 HeadObject"), call("S3 DeleteObject", "if-match")]


def found(rights, calls=CALLS):
    needs = checked.needed(calls, PERMISSIONS)
    return list(checked.faults(rights, needs, checked.listed(PERMISSIONS)))


def role(statement):
    policies = [{"PolicyDocument": {"Statement": [statement]}}]
    return {"FRole": {"Type": "AWS::IAM::Role", "Properties": {"Policies": policies}}}


def statement(**more):
    return {"Effect": "Allow", "Action": "s3:GetObject", "Resource": {"Ref": "SourceBucketArns"}} | more


class Rights(unittest.TestCase):
    def names(self, faults, function, action):
        self.assertEqual(len(faults), 1, faults)
        self.assertIn(function, faults[0])
        self.assertIn(action, faults[0])

    def test_what_is_needed_and_no_more_is_right(self):
        self.assertEqual(found(RIGHTS), [])

    def test_no_right_can_be_taken_away(self):
        for right in RIGHTS:
            self.names(found(RIGHTS - {right}), "F", right.action)

    def test_no_right_can_be_added(self):
        for place in checked.PLACES:
            right = Right("G", place, "s3:PutObjectAcl")
            self.names(found(RIGHTS | {right}), "G", right.action)

    def test_a_right_is_for_one_place(self):
        moved = RIGHTS - {LISTED} | {LISTED._replace(place="bulk queue")}
        self.assertEqual(len(found(moved)), 2)

    def test_a_right_that_is_listed_and_used_leaves_the_list(self):
        needs = {LISTED: {"SQS ReceiveMessage"}}
        faults = checked.faults({LISTED}, needs, checked.listed(PERMISSIONS))
        self.names(list(faults), "F", "sqs:ReceiveMessage")

    def test_a_header_makes_a_right_needed_or_not(self):
        needs = lambda *calls: {right.action for right in checked.needed(calls, PERMISSIONS)}
        self.assertEqual(needs(call("S3 DeleteObject")), {"s3:DeleteObject"})
        self.assertEqual(needs(call("S3 CopyObject", "none", "sources")), {"s3:PutObject", "s3:GetObject"})
        self.assertIn("s3:GetObjectTagging", needs(call("S3 CopyObject", "", "sources")))

    def test_what_is_only_signed_for_a_client_needs_less(self):
        needs = lambda **how: {right.action for right in checked.needed([call("S3 HeadObject", **how)], PERMISSIONS)}
        self.assertEqual(needs(), {"s3:GetObject", "s3:ListBucket"})
        self.assertEqual(needs(signed_only=True), {"s3:GetObject"})

    def test_the_source_of_a_copy_is_another_place(self):
        needs = checked.needed([call("S3 CopyObject", "none", "sources")], PERMISSIONS)
        self.assertEqual(set(needs), {Right("F", "pools' objects", "s3:PutObject"), Right("F", "sources", "s3:GetObject")})

    def test_a_call_without_a_row_and_a_row_without_a_call_are_noticed(self):
        with self.assertRaisesRegex(SystemExit, "S3 PutObjectAcl"):
            checked.needed([call("S3 PutObjectAcl")], PERMISSIONS)
        self.assertRegex("".join(checked.idle_rows(CALLS, PERMISSIONS)), "S3 CopyObject")

    def test_roles_are_read_with_their_conditions_and_aws_policies(self):
        resources = role(statement(Action=["s3:GetObject", "s3:ListBucket"]))
        properties = resources["FRole"]["Properties"]
        properties["Policies"] = [{"Fn::If": ["HasSources", properties["Policies"][0], {"Ref": "AWS::NoValue"}]}]
        properties["ManagedPolicyArns"] = ["arn:aws:iam::aws:policy/AdministratorAccess"]
        sources = {Right("F", "sources", action) for action in ["s3:GetObject", "s3:ListBucket"]}
        everything = Right("F", "account", "AdministratorAccess")
        self.assertEqual(checked.allowed(resources), sources | {everything})

    def test_what_is_not_understood_is_refused(self):
        for odd in [{"Effect": "Deny"}, {"Condition": {}}, {"NotAction": "s3:*"}, {"Resource": "*"}]:
            with self.assertRaises(SystemExit):
                checked.allowed(role(statement(**odd)))
        with self.assertRaises(SystemExit):
            checked.allowed({"More": {"Type": "AWS::IAM::Policy"}})


if __name__ == "__main__":
    unittest.main()
