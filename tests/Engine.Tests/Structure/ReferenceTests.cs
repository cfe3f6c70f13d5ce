using System.Runtime.CompilerServices;
using System.Xml.Linq;
using DelphiRunner.Contracts;
using DelphiRunner.Engine.Plugins;
using DelphiRunner.Engine.Tests.Plugins;

namespace DelphiRunner.Engine.Tests.Structure;

/// <summary>Holds the list of allowed references of the architecture. A border that is in the way is moved on purpose, here.</summary>
public sealed class ReferenceTests
{
    private const string Engine = "DelphiRunner.Engine";

    private static readonly string[] Parts = ["Polling", "Stores", "Plugins", "Security", "Execution"];

    [Test]
    public void Polling_uses_nothing_of_the_engine_but_the_stores() =>
        Assert.That(ForeignReferences("Polling", allowed => allowed == "Stores"), Is.Empty);

    [Test]
    public void Stores_plugins_and_security_use_nothing_of_the_engine_but_themselves() =>
        Assert.That(new[] { "Stores", "Plugins", "Security" }.SelectMany(part => ForeignReferences(part, _ => false)), Is.Empty);

    [Test]
    public void Execution_knows_of_security_only_what_is_approved_where_programs_lie_and_what_is_masked()
    {
        string[] allowed = ["ApprovedCommand", "ProgramPath", "SecretMasker", "MaskingWindow", "MaskedJson", "SearchedText", "TerminalCodes"];

        var references = ForeignReferences("Execution", part => part == "Security")
            .Concat(References("Execution").Where(reference => PartOf(reference.To) == "Security" && !allowed.Contains(Outermost(reference.To).Name))
                .Select(Describe));

        Assert.That(references, Is.Empty);
    }

    [Test]
    public void Every_namespace_of_the_engine_is_a_known_part() =>
        Assert.That(EngineTypes().Select(PartOf).Distinct(), Is.SubsetOf(Parts.Append("")));

    [Test]
    public void The_engine_shows_nothing_to_others() =>
        Assert.That(typeof(PluginCatalog).Assembly.GetExportedTypes(), Is.Empty);

    [Test]
    public void The_contracts_use_only_the_core_library()
    {
        string[] core = ["System.Collections", "System.Linq", "System.Memory", "System.Runtime", "System.Threading"];

        var references = typeof(IJobHandler).Assembly.GetReferencedAssemblies().Select(reference => reference.Name);

        Assert.That(references, Is.SubsetOf(core), "An assembly that is also a package splits into two identities as soon as a plugin brings a newer one.");
    }

    [TestCase("contracts/DelphiRunner.Contracts.csproj", "")]
    [TestCase("host/Engine/DelphiRunner.Engine.csproj", "DelphiRunner.Contracts")]
    [TestCase("host/Runner/DelphiRunner.csproj", "DelphiRunner.Engine")]
    [TestCase("plugins/Delphi/Delphi.csproj", "DelphiRunner.Contracts")]
    [TestCase("plugins/Delphi/Sample/Sample.csproj", "")]
    public void Projects_refer_only_one_way(string project, string allowed)
    {
        var references = XDocument.Load(Repository.File(project)).Descendants("ProjectReference")
            .Where(reference => (string?)reference.Attribute("ReferenceOutputAssembly") != "false")
            .Select(reference => Path.GetFileNameWithoutExtension((string)reference.Attribute("Include")!));

        Assert.That(references, Is.EqualTo(allowed.Split(' ', StringSplitOptions.RemoveEmptyEntries)));
    }

    [Test]
    public void The_contracts_have_no_package_reference() =>
        Assert.That(XDocument.Load(Repository.File("contracts", "DelphiRunner.Contracts.csproj")).Descendants("PackageReference"), Is.Empty);

    [Test]
    public void The_scan_sees_the_bodies_of_methods()
    {
        var seen = TypeReferences.Of(typeof(Probe));

        Assert.That(seen, Does.Contain(typeof(Version)).And.Contain(typeof(Uri)).And.Contain(typeof(FormatException)));
    }

    private static IEnumerable<string> ForeignReferences(string part, Func<string, bool> isAllowed) =>
        References(part).Where(reference => PartOf(reference.To) != part && !isAllowed(PartOf(reference.To))).Select(Describe);

    private static IEnumerable<(Type From, Type To)> References(string part) =>
        EngineTypes().Where(type => PartOf(type) == part)
            .SelectMany(type => TypeReferences.Of(type), (from, to) => (from, to))
            .Where(reference => IsOfEngine(reference.to))
            .Distinct();

    private static IEnumerable<Type> EngineTypes() => typeof(PluginCatalog).Assembly.GetTypes().Where(IsOfEngine);

    // The compiler's own types, such as those for collection expressions, stand outside our namespaces.
    private static bool IsOfEngine(Type type) =>
        type.Assembly == typeof(PluginCatalog).Assembly
        && (Outermost(type).Namespace == Engine || Outermost(type).Namespace?.StartsWith($"{Engine}.", StringComparison.Ordinal) == true)
        && !Outermost(type).IsDefined(typeof(CompilerGeneratedAttribute), inherit: false);

    private static string PartOf(Type type) => Outermost(type).Namespace!.Split('.').ElementAtOrDefault(2) ?? "";

    private static Type Outermost(Type type) => type.DeclaringType is null ? type : Outermost(type.DeclaringType);

    private static string Describe((Type From, Type To) reference) => $"{reference.From.FullName} uses {reference.To.FullName}";

    private sealed class Probe
    {
        public static string Try(string text)
        {
            try
            {
                return new List<Version> { Version.Parse(text) }.Count + new UriBuilder(text).Uri.ToString();
            }
            catch (FormatException)
            {
                return "";
            }
        }
    }
}
