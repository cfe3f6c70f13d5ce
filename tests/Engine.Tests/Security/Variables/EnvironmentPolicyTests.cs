using DelphiRunner.Contracts;
using DelphiRunner.Engine.Security;
using DelphiRunner.Engine.Security.Variables;

namespace DelphiRunner.Engine.Tests.Security.Variables;

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
        var (environment, refusals) = Compose(Request);

        Assert.That(environment.Variables, Is.EquivalentTo(new Dictionary<string, string> { ["PATH"] = "/bin", ["LANG"] = "C.UTF-8", ["HOME"] = Request.WorkFolder }));
        Assert.That(refusals.Select(refusal => refusal.Text), Is.Empty);
    }

    [Test]
    public void The_home_folder_is_the_work_folder_unless_the_operator_wants_the_real_one() =>
        Assert.That(Compose(Request, new EnvironmentOptions { Inherit = ["HOME"] }).Environment.Variables["HOME"], Is.EqualTo("/root"));

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

        var variables = Compose(request).Environment.Variables;

        Assert.That(variables["MAX_VOTES"], Is.EqualTo("row"));
        Assert.That(variables["BATCH_SIZE"], Is.EqualTo("handler"));
        Assert.That(variables["ANTHROPIC_API_KEY"], Is.EqualTo("sk-ant-12345"));
        Assert.That(variables["DELPHI_FENCE"], Is.EqualTo("host"));
    }

    [Test]
    public void A_secret_that_is_not_there_or_cannot_be_masked_is_named()
    {
        var (environment, refusals) = Compose(Request with { Secrets = [new("MISSING"), new("PIN"), new("ANTHROPIC_API_KEY")] });

        Assert.That(refusals.Select(refusal => refusal.Text), Is.EqualTo(new[]
        {
            "Secret 'MISSING' is granted to this job type, but the host's environment does not hold it. Set it for the host, name its file in 'security.secret_files', or remove it from 'secrets'.",
            "Secret 'PIN' has fewer than 6 characters beside white space and cannot be masked in the output.",
        }));
        Assert.That(environment.Variables, Does.Not.ContainKey("MISSING"));
        Assert.That(environment.Masker.Mask("key sk-ant-12345, pin 1234"), Is.EqualTo("key ***, pin 1234"));
    }

    [Test]
    public void A_secret_as_a_file_is_in_no_variable_which_names_its_path_instead()
    {
        var request = FromRow("ANTHROPIC_API_KEY_FILE", "/forged") with { Secrets = [new("ANTHROPIC_API_KEY", AsFile: true)], SecretFolder = "/secrets" };
        var handlers = request with { Command = request.Command with { Environment = new Dictionary<string, string> { ["ANTHROPIC_API_KEY"] = "of the handler" } } };

        var (environment, refusals) = Compose(handlers, new EnvironmentOptions { RowsMaySet = ["ANTHROPIC_*"] });

        Assert.That(environment.Variables, Does.Not.ContainKey("ANTHROPIC_API_KEY"));
        Assert.That(environment.Variables["ANTHROPIC_API_KEY_FILE"], Is.EqualTo("/secrets/ANTHROPIC_API_KEY"));
        Assert.That(environment.SecretFiles, Is.EqualTo(new Dictionary<string, string> { ["/secrets/ANTHROPIC_API_KEY"] = "sk-ant-12345" }));
        Assert.That(refusals.Select(refusal => refusal.Text).OfType<string>(), Has.Exactly(1).Items.And.Some.EndsWith("'ANTHROPIC_API_KEY_FILE' (it names the file of a secret, which the host sets)."));
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

    private static (ChildEnvironment Environment, List<Refusal> Refusals) Compose(CommandRequest request, EnvironmentOptions? options = null)
    {
        var refusals = new List<Refusal>();
        var policy = new EnvironmentPolicy(options ?? new EnvironmentOptions(), Host, new HostSecrets(new Dictionary<string, string>(), Host));
        return (policy.Compose(request, refusals), refusals);
    }
}
