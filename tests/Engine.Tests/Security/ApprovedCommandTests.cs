using System.Reflection;
using System.Runtime.CompilerServices;
using DelphiRunner.Contracts;
using DelphiRunner.Engine.Security;

namespace DelphiRunner.Engine.Tests.Security;

[TestFixture]
public sealed class ApprovedCommandTests
{
    private const BindingFlags All = BindingFlags.Instance | BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic;

    [Test]
    public void Nobody_else_can_construct_one()
    {
        var type = typeof(ApprovedCommand);

        Assert.That(type.GetConstructors(All).Select(constructor => constructor.IsPrivate), Is.EqualTo(new[] { true }));
        Assert.That(type.IsSealed, Is.True, "no class can derive from it");
        Assert.That(type.GetNestedTypes(All).Where(nested => !nested.IsDefined(typeof(CompilerGeneratedAttribute))), Is.Empty, "no nested class can reach the constructor");
        Assert.That(
            type.GetMethods(All).Where(method => method is { IsPrivate: false, IsStatic: true }).Select(method => method.Name),
            Is.EqualTo(new[] { nameof(ApprovedCommand.Approve) }),
            "the only way in applies the rules");
    }

    [Test]
    public void Nothing_of_it_can_be_set()
    {
        var type = typeof(ApprovedCommand);

        Assert.That(type.GetProperties(All).Where(property => property.CanWrite), Is.Empty);
        Assert.That(type.GetFields(All).Where(field => !field.IsInitOnly && !field.IsLiteral), Is.Empty);
        Assert.That(type.GetMethod("<Clone>$", All), Is.Null, "a record's clone is what 'with' changes");
        Assert.That(typeof(ICloneable).IsAssignableFrom(type), Is.False);
    }

    [Test]
    public void What_was_approved_does_not_follow_the_request()
    {
        var arguments = new List<string> { "one" };
        var environment = new Dictionary<string, string> { ["NAME"] = "one" };
        var command = Requests.Approve(Requests.For(new JobCommand { Program = "/bin/true", Arguments = arguments, Environment = environment })).Command;

        arguments[0] = "other";
        environment["NAME"] = "other";

        Assert.That(command.Arguments, Is.EqualTo(new[] { "one" }));
        Assert.That(command.Environment["NAME"], Is.EqualTo("one"));
    }

    [Test]
    public void Its_collections_refuse_changes()
    {
        var command = Requests.Approve(Requests.For(new JobCommand { Program = "/bin/true", Arguments = ["one"] })).Command;

        Assert.That(() => ((IList<string>)command.Arguments)[0] = "other", Throws.TypeOf<NotSupportedException>());
        Assert.That(() => ((IDictionary<string, string>)command.Environment)["HOME"] = "other", Throws.TypeOf<NotSupportedException>());
        Assert.That(command.Arguments, Is.Not.InstanceOf<string[]>().And.Not.InstanceOf<List<string>>());
        Assert.That(command.Environment, Is.Not.InstanceOf<Dictionary<string, string>>());
    }

    [Test]
    public void It_does_not_print_what_it_holds()
    {
        var request = Requests.For(new JobCommand { Program = "/bin/true" }) with { Secrets = [new("TOKEN")] };
        var command = Requests.Approve(request, host: new() { ["TOKEN"] = "secret-value" }).Command;

        Assert.That(command.Environment["TOKEN"], Is.EqualTo("secret-value"));
        Assert.That($"{command} {command.Masker} {command.Environment}", Does.Not.Contain("secret-value"));
    }
}
