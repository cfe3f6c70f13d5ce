using DelphiRunner.Contracts;
using DelphiRunner.Engine.Security;

namespace DelphiRunner.Engine.Tests.Security;

[TestFixture]
public sealed class EnvironmentPolicyTests
{
    private static readonly CommandRequest Request = Requests.For(new JobCommand { Program = "any" });

    private static readonly Dictionary<string, string> Host = new()
    {
        ["PATH"] = "/bin",
        ["LANG"] = "C.UTF-8",
        ["AWS_SECRET_ACCESS_KEY"] = "host-secret",
        ["ANTHROPIC_API_KEY"] = "sk-ant-12345",
        ["HOME"] = "/root",
        ["PIN"] = "1234",
    };

    [Test]
    public void Nothing_is_inherited_but_what_is_named()
    {
        var environment = Compose(Request);

        Assert.That(environment.Variables, Is.EquivalentTo(new Dictionary<string, string> { ["PATH"] = "/bin", ["LANG"] = "C.UTF-8", ["HOME"] = Request.WorkFolder }));
        Assert.That(environment.Refusals.Select(refusal => refusal.Text), Is.Empty);
    }

    [Test]
    public void The_home_folder_is_the_work_folder_unless_the_operator_wants_the_real_one() =>
        Assert.That(Compose(Request, new EnvironmentOptions { Inherit = ["HOME"] }).Variables["HOME"], Is.EqualTo("/root"));

    [Test]
    public void The_hosts_own_variables_win_over_secrets_these_over_the_handler_and_this_over_the_row()
    {
        var request = Request with
        {
            Command = Request.Command with
            {
                Environment = new Dictionary<string, string> { ["BATCH_SIZE"] = "handler", ["ANTHROPIC_API_KEY"] = "handler", ["DELPHI_FENCE"] = "handler" },
                EnvironmentFromRow = new Dictionary<string, string> { ["MAX_VOTES"] = "row", ["BATCH_SIZE"] = "row" },
            },
            Secrets = [new("ANTHROPIC_API_KEY")],
            HostVariables = new Dictionary<string, string> { ["DELPHI_FENCE"] = "host" },
        };

        var variables = Compose(request).Variables;

        Assert.That(variables["MAX_VOTES"], Is.EqualTo("row"));
        Assert.That(variables["BATCH_SIZE"], Is.EqualTo("handler"));
        Assert.That(variables["ANTHROPIC_API_KEY"], Is.EqualTo("sk-ant-12345"));
        Assert.That(variables["DELPHI_FENCE"], Is.EqualTo("host"));
    }

    [TestCase("MAX_VOTES", null)]
    [TestCase("NARRATIVE_BATCH_SIZE", null)]
    [TestCase("NARRATIVE_BATCH_", null)]
    [TestCase("max_votes", "'security.environment.rows_may_set' does not list it")]
    [TestCase("MAX_VOTES_X", "'security.environment.rows_may_set' does not list it")]
    [TestCase("1MAX", "a name consists of letters, digits and '_' and begins with no digit")]
    [TestCase("NARRATIVE_BATCH_X Y", "a name consists of letters, digits and '_' and begins with no digit")]
    [TestCase("NARRATIVE_BATCH_\n", "a name consists of letters, digits and '_' and begins with no digit")]
    [TestCase("NARRATIVE_BATCH_Ü", "a name consists of letters, digits and '_' and begins with no digit")]
    [TestCase("", "a name consists of letters, digits and '_' and begins with no digit")]
    [TestCase("NARRATIVE_BATCH_API_KEY", "rows set it only if 'security.environment.rows_may_set' lists it by its exact name")]
    public void A_row_sets_what_the_operator_listed(string name, string? reason)
    {
        var environment = Compose(FromRow(name, "7"));

        Assert.That(environment.Variables.GetValueOrDefault(name), Is.EqualTo(reason is null ? "7" : null));
        Assert.That(environment.Refusals.Select(refusal => refusal.Text), Is.EqualTo(
            reason is null ? [] : new[] { $"Environment variable '{name.Replace('\n', '?')}' of the row was left out: {reason}." }));
    }

    [TestCase("LD_PRELOAD")]
    [TestCase("LD_X")]
    [TestCase("PATH")]
    [TestCase("PYTHONPATH")]
    [TestCase("OPENAI_API_KEY")]
    [TestCase("AWS_REGION")]
    [TestCase("DYNAMODB_ENDPOINT")]
    [TestCase("DELPHI_JOB_ID")]
    [TestCase("DELPHI_REPORT_ID")]
    [TestCase("HOME")]
    [TestCase("BASH_ENV")]
    public void What_is_guarded_is_set_by_rows_only_when_listed_by_its_exact_name(string name)
    {
        string[] tooWide = ["*", "LD_*", "P*", "OPENAI_*", "AWS_*", "D*"];

        var refused = Compose(FromRow(name, "row"), new EnvironmentOptions { Inherit = [], RowsMaySet = tooWide });
        var allowed = Compose(FromRow(name, "row"), new EnvironmentOptions { Inherit = [], RowsMaySet = [name] });

        Assert.That(refused.Variables.GetValueOrDefault(name), Is.Not.EqualTo("row"));
        Assert.That(refused.Refusals.Select(refusal => refusal.Text), Has.Exactly(1).Items.And.All.Contains($"'{name}'"));
        Assert.That(allowed.Variables[name], Is.EqualTo("row"));
    }

    [Test]
    public void A_row_sets_at_most_1024_characters()
    {
        Assert.That(Compose(FromRow("MAX_VOTES", new string('x', 1024))).Refusals.Select(refusal => refusal.Text), Is.Empty);
        Assert.That(Compose(FromRow("MAX_VOTES", new string('x', 1025))).Refusals.Select(refusal => refusal.Text), Is.EqualTo(new[]
        {
            "Environment variable 'MAX_VOTES' of the row was left out: its value has 1,025 characters, and a row may set at most 1,024.",
        }));
        Assert.That(Compose(FromRow("MAX_VOTES", "a\0b")).Refusals.Select(refusal => refusal.Text), Has.Exactly(1).Items.And.All.Contains("NUL"));
    }

    [Test]
    public void A_row_sets_neither_the_hosts_own_variables_nor_secrets()
    {
        var options = new EnvironmentOptions { RowsMaySet = ["DELPHI_FENCE", "ANTHROPIC_API_KEY"] };
        var request = FromRow("DELPHI_FENCE", "forged") with { HostVariables = new Dictionary<string, string> { ["DELPHI_FENCE"] = "1" } };

        Assert.That(Compose(request, options).Refusals.Select(refusal => refusal.Text), Has.Exactly(1).Items.And.All.EndsWith("the host sets it itself."));
        Assert.That(
            Compose(FromRow("ANTHROPIC_API_KEY", "forged") with { Secrets = [new("ANTHROPIC_API_KEY")] }, options).Refusals.Select(refusal => refusal.Text),
            Has.Exactly(1).Items.And.All.EndsWith("it is a secret that the host sets."));
    }

    [Test]
    public void Thousands_of_refusals_are_not_named_one_by_one()
    {
        var row = Enumerable.Range(0, 5000).ToDictionary(i => $"NO_{i}", _ => "x");
        var request = Request with { Command = Request.Command with { EnvironmentFromRow = row } };

        var refusals = Compose(request).Refusals;

        Assert.That(refusals.Count(refusal => refusal.Text is not null), Is.EqualTo(EnvironmentPolicy.MaxNamedRefusals + 1));
        Assert.That(refusals[^1], Is.EqualTo(new Refusal(null, "4980 more environment variables of the row were left out.")));
        Assert.That(refusals.Count(refusal => refusal.Kind == RefusalKind.EnvironmentName), Is.EqualTo(5000), "each is counted");
    }

    [Test]
    public void A_secret_that_is_not_there_or_cannot_be_masked_is_named()
    {
        var environment = Compose(Request with { Secrets = [new("MISSING"), new("PIN"), new("ANTHROPIC_API_KEY")] });

        Assert.That(environment.Refusals.Select(refusal => refusal.Text), Is.EqualTo(new[]
        {
            "Secret 'MISSING' is granted to this job type, but the host's environment does not hold it. Set it for the host, name its file in 'security.secret_files', or remove it from 'secrets'.",
            "Secret 'PIN' is shorter than 6 characters and cannot be masked in the output.",
        }));
        Assert.That(environment.Variables, Does.Not.ContainKey("MISSING"));
        Assert.That(environment.Masker.Mask("key sk-ant-12345, pin 1234"), Is.EqualTo("key ***, pin 1234"));
    }

    [Test]
    public void A_secret_as_a_file_is_in_no_variable_which_names_its_path_instead()
    {
        var request = FromRow("ANTHROPIC_API_KEY_FILE", "/forged") with { Secrets = [new("ANTHROPIC_API_KEY", AsFile: true)], SecretFolder = "/secrets" };
        var handlers = request with { Command = request.Command with { Environment = new Dictionary<string, string> { ["ANTHROPIC_API_KEY"] = "of the handler" } } };

        var environment = Compose(handlers, new EnvironmentOptions { RowsMaySet = ["ANTHROPIC_*"] });

        Assert.That(environment.Variables, Does.Not.ContainKey("ANTHROPIC_API_KEY"));
        Assert.That(environment.Variables["ANTHROPIC_API_KEY_FILE"], Is.EqualTo("/secrets/ANTHROPIC_API_KEY"));
        Assert.That(environment.SecretFiles, Is.EqualTo(new Dictionary<string, string> { ["/secrets/ANTHROPIC_API_KEY"] = "sk-ant-12345" }));
        Assert.That(environment.Refusals.Select(refusal => refusal.Text), Has.Exactly(1).Items.And.All.EndsWith("it names the file of a secret, which the host sets."));
        Assert.That(environment.Masker.Mask("key sk-ant-12345"), Is.EqualTo("key ***"));
    }

    [TestCase("")]
    [TestCase("A=B")]
    public void A_handlers_name_that_no_environment_can_hold_is_denied(string name)
    {
        var request = Request with { Command = Request.Command with { Environment = new Dictionary<string, string> { [name] = "x" } } };

        Assert.That(() => Compose(request), Throws.TypeOf<CommandDeniedException>().With.Message.Contains($"'{name}'"));
    }

    private static CommandRequest FromRow(string name, string value) =>
        Request with { Command = Request.Command with { EnvironmentFromRow = new Dictionary<string, string> { [name] = value } } };

    private static ChildEnvironment Compose(CommandRequest request, EnvironmentOptions? options = null) =>
        new EnvironmentPolicy(options ?? new EnvironmentOptions(), Host, new HostSecrets(new Dictionary<string, string>(), Host)).Compose(request);
}
